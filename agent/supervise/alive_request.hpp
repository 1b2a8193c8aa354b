// Asks programs that another supervisor has started whether they run on.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace icom::supervise {

/// By its control channel. `folder`: the listener's in the spool directory. True also where there
/// is no socket: nothing is known of that one then.
boost::asio::awaitable<bool> listener_answers(std::filesystem::path folder,
                                              std::chrono::milliseconds within);

/// By its status file, which it writes every so often. Not by the file's age: what was not seen
/// while this machine slept counts for nothing.
class FileChanges {
 public:
  struct Written {
    std::int64_t at_us = 0;
    std::int64_t each_ms = 0;  ///< at least so often
  };

  /// Whether it runs on, as far as can be seen. To be asked about once a second.
  bool answers(const std::optional<Written>& file, std::chrono::steady_clock::time_point now);

 private:
  std::int64_t seen_us_ = 0;
  std::chrono::steady_clock::time_point changed_{};
  std::chrono::steady_clock::time_point asked_{};
};

}  // namespace icom::supervise
