#include "gateway/ingest/refusal_log.hpp"

#include <spdlog/spdlog.h>

#include <optional>

#include "common/log/printable.hpp"

namespace icom::ingest {

void RefusalLog::note(std::string_view site, const link::Refused& refused,
                      log::RateLimit::Clock::time_point now) {
  const std::string name = site.empty() ? "(no site)" : log::printable(site);
  std::optional<std::uint64_t> unsaid;
  {
    const std::lock_guard lock(mutex_);
    auto key = std::pair(name, static_cast<int>(refused.code()));
    if (!limits_.contains(key) && limits_.size() >= kMaxPeers) key = {"", 0};
    unsaid = limits_.try_emplace(key, log::RateLimit(1, kSameAgain)).first->second.admit(now);
  }
  if (!unsaid) return;
  spdlog::warn("{}: refused, {}: {} ({} refusals like this not logged)", name,
               link::Refused::Code_Name(refused.code()), refused.text(), *unsaid);
}

}  // namespace icom::ingest
