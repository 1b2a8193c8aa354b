// Refusals in the log, each peer's at a limited rate: an agent that is refused comes back all
// night.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "common/link/desk.pb.h"
#include "common/link/link.pb.h"
#include "common/log/rate_limit.hpp"

namespace icom::ingest {

/// Thread-safe. Every peer comes from the local sshd, so a peer is known by the site's name that it
/// gives.
class RefusalLog {
 public:
  static constexpr std::chrono::minutes kSameAgain{5};
  /// Names are a peer's to invent: beyond these many all others share one limit.
  static constexpr std::size_t kMaxPeers = 256;

  /// Logs the refusal, unless the same was logged for the same site within kSameAgain. `site` as
  /// the peer gave it.
  void note(std::string_view site, const link::Refused& refused,
            log::RateLimit::Clock::time_point now);
  /// The same of the desk's.
  void note(std::string_view site, const link::DeskRefused& refused,
            log::RateLimit::Clock::time_point now);

 private:
  /// `what`: who refused, and the code.
  void note(std::string_view site, const std::string& what, const std::string& text,
            log::RateLimit::Clock::time_point now);

  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, log::RateLimit> limits_;
};

}  // namespace icom::ingest
