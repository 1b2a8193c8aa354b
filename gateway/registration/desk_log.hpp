// What the desk did, and what it could not do, in the log: each site's at a limited rate.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "common/log/rate_limit.hpp"

namespace icom::registration {

/// For one thread.
class DeskLog {
 public:
  /// What a site has proved before.
  enum class Done : std::uint8_t { enrolled, rotated, finished };
  static constexpr std::uint32_t kDoneAtOnce = 20;

  /// `text`: the rest of the line. Of one site and kind at most kDoneAtOnce lines at once, then one
  /// a minute: whoever has a site's token may ask for 300 rotations a second. A kind has its own
  /// limit, so that rotations hide no enrolment.
  void done(const std::string& site, Done what, const std::string& text);
  /// Anybody can ask, as often as they like, and for any site. `site` is printable.
  void failed(const std::string& site, const std::string& why);

 private:
  std::map<std::pair<std::string, Done>, log::RateLimit> done_;
  std::map<std::string, log::RateLimit> failures_;  ///< by site
};

}  // namespace icom::registration
