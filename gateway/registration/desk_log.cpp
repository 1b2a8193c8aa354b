#include "gateway/registration/desk_log.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstddef>

namespace icom::registration {

void DeskLog::done(const std::string& site, Done what, const std::string& text) {
  auto& limit =
      done_.try_emplace({site, what}, log::RateLimit(kDoneAtOnce, std::chrono::minutes(1)))
          .first->second;
  const auto unsaid = limit.admit(log::RateLimit::Clock::now());
  if (!unsaid) return;
  const std::string left_out =
      *unsaid == 0 ? "" : " (" + std::to_string(*unsaid) + " like this not logged)";
  spdlog::info("{}: {}{}", site, text, left_out);
}

void DeskLog::failed(const std::string& site, const std::string& why) {
  constexpr std::size_t kMaxSites = 256;
  constexpr std::chrono::minutes kSameAgain{5};
  const bool is_one_of_many = failures_.size() >= kMaxSites && !failures_.contains(site);
  auto& limit = failures_.try_emplace(is_one_of_many ? "" : site, log::RateLimit(1, kSameAgain))
                    .first->second;
  if (const auto unsaid = limit.admit(log::RateLimit::Clock::now())) {
    spdlog::error("{}: the desk failed: {} ({} like this not logged)", site, why, *unsaid);
  }
}

}  // namespace icom::registration
