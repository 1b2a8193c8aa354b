#include "gateway/ingest/refusal_log.hpp"

#include <spdlog/spdlog.h>

#include <optional>

#include "common/log/printable.hpp"

namespace icom::ingest {

void RefusalLog::note(std::string_view site, const link::Refused& refused,
                      log::RateLimit::Clock::time_point now) {
  note(site, "refused, " + link::Refused::Code_Name(refused.code()), refused.text(), now);
}

void RefusalLog::note(std::string_view site, const link::DeskRefused& refused,
                      log::RateLimit::Clock::time_point now) {
  note(site, "the desk refused, " + link::DeskRefused::Code_Name(refused.code()), refused.text(),
       now);
}

void RefusalLog::note(std::string_view site, const std::string& what, const std::string& text,
                      log::RateLimit::Clock::time_point now) {
  const std::string name = site.empty() ? "(no site)" : log::printable(site);
  std::optional<std::uint64_t> unsaid;
  {
    const std::lock_guard lock(mutex_);
    auto key = std::pair(name, what);
    if (!limits_.contains(key) && limits_.size() >= kMaxPeers) key = {"", ""};
    unsaid = limits_.try_emplace(key, log::RateLimit(1, kSameAgain)).first->second.admit(now);
  }
  if (!unsaid) return;
  spdlog::warn("{}: {}: {} ({} refusals like this not logged)", name, what, text, *unsaid);
}

}  // namespace icom::ingest
