#include "gateway/ingest/site_turns.hpp"

#include <algorithm>

namespace icom::ingest {

namespace {

constexpr int kPauseFactor = 10;

}  // namespace

std::optional<SiteTurns::Turn> SiteTurns::begin(const std::string& site) {
  const std::lock_guard lock(mutex_);
  Site& own = sites_[site];
  if (own.has_turn || now_() < own.not_before) return std::nullopt;
  own.has_turn = true;
  return std::optional<Turn>(std::in_place, *this, site);
}

void SiteTurns::end(const std::string& site, Clock::duration took) {
  const std::lock_guard lock(mutex_);
  Site& own = sites_[site];
  own.has_turn = false;
  own.not_before = now_() + std::min<Clock::duration>(took * kPauseFactor, kMostPause);
}

}  // namespace icom::ingest
