// Linacs that an agent reads at another address than the gateway's file of their site says.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "common/log/rate_limit.hpp"

namespace icom::ingest {

/// A Linac is known by its serial, so its frames are stored all the same; but one of the two files
/// is wrong. Thread-safe.
class AddressLog {
 public:
  static constexpr std::chrono::minutes kSameAgain{5};

  /// Logs a difference once, until it is another one or there was none meanwhile, and its end; of a
  /// Linac no more than one line within kSameAgain, which is then logged the next time. `at_site`:
  /// as its agent tells, any text; `here`: HOST:PORT. One that is empty is not known, and tells
  /// nothing. `site` and `serial` are registered ones.
  void note(const std::string& site, const std::string& serial, const std::string& at_site,
            const std::string& here, log::RateLimit::Clock::time_point now);

 private:
  struct Said {
    std::string at_site;
    std::string here;  ///< the same: nothing is to be said
    log::RateLimit limit{1, kSameAgain};
  };

  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Said> said_;  ///< by site and serial
};

}  // namespace icom::ingest
