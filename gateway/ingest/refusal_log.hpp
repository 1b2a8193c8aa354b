// Refusals, comings and goings in the log, each peer's at a limited rate: an agent that is refused
// comes back all night.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/link/desk.pb.h"
#include "common/link/link.pb.h"
#include "common/log/rate_limit.hpp"
#include "gateway/ingest/origin.hpp"

namespace icom::ingest {

/// Thread-safe. Every agent comes from the local sshd, so one that has proved itself is known by
/// its site. Whoever has proved nothing may give any site's name: his line says so and from which
/// account he comes, and counts against that account's rate alone, so that nobody hides the lines
/// of a site, or of the account that sites come from. Names are a peer's to invent: those of no
/// registered site share one limit. Of other accounts there may be tens of thousands: beyond some
/// they share one, too.
class RefusalLog {
 public:
  static constexpr std::chrono::minutes kSameAgain{5};
  static constexpr std::uint32_t kComings = 20;
  /// Accounts that have a limit of their own for the same of the same site: such as sites come
  /// from, and others.
  static constexpr std::size_t kMostKnown = 16;
  static constexpr std::size_t kMostOthers = 4;
  using IsRegistered = std::function<bool(const std::string& site)>;

  /// `is_registered` is called from any thread, and outlives this.
  explicit RefusalLog(IsRegistered is_registered) : is_registered_(std::move(is_registered)) {}

  /// Logs a refusal, unless the same was logged for the same site within kSameAgain. `unproved`:
  /// null if the peer has proved itself to be of `site`; otherwise where it comes from, and only
  /// what was logged for the same account counts. `site` is as the peer gave it.
  void note(std::string_view site, const Origin* unproved, const link::Refused& refused,
            log::RateLimit::Clock::time_point now);
  /// The same of the desk's.
  void note(std::string_view site, const Origin* unproved, const link::DeskRefused& refused,
            log::RateLimit::Clock::time_point now);

  /// That an agent of a registered site has come, or has gone: `what` says which, `text` the rest.
  /// At most kComings lines at once, then one per minute.
  void note_coming(std::string_view site, const std::string& what, const std::string& text,
                   log::RateLimit::Clock::time_point now);

  /// That an agent still sends its token in clear, as rarely.
  void note_clear_token(std::string_view site, log::RateLimit::Clock::time_point now);

 private:
  using Time = log::RateLimit::Clock::time_point;
  /// The limit of one account, or of all that have none of their own.
  struct Share {
    std::string of;         ///< empty: of peers that have proved themselves
    bool is_known = false;  ///< Origin::is_known
    log::RateLimit limit;
    Time last;  ///< that it was asked
  };

  /// `what`: who refused, and the code. `origin`: null if the peer has proved itself.
  void note(std::string_view site, const Origin* origin, const std::string& what,
            const std::string& text, Time now);

  /// How many like this were not logged; nullopt if this one is not to be logged either.
  std::optional<std::uint64_t> admit(std::string_view site, const Origin* origin,
                                     const std::string& what, const log::RateLimit& limit,
                                     Time now);
  static Share& share_of(std::vector<Share>& shares, const Origin* origin,
                         const log::RateLimit& limit, Time now);

  const IsRegistered is_registered_;
  std::mutex mutex_;
  /// By site and what.
  std::map<std::pair<std::string, std::string>, std::vector<Share>> shares_;
};

}  // namespace icom::ingest
