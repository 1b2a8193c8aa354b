// A limit to how long the enclosing scope may wait.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace icom::ssh {

/// Runs `expire` at `at` unless the scope has been left before.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  Deadline(const boost::asio::any_io_executor& executor, Clock::time_point at,
           std::function<void()> expire)
      : timer_(executor, at), armed_(std::make_shared<bool>(true)) {
    timer_.async_wait([armed = armed_, expire = std::move(expire)](boost::system::error_code) {
      // A cancelled wait may have been queued as "expired" already: only the flag is sure.
      if (!*armed) return;
      *armed = false;
      expire();
    });
  }
  ~Deadline() { *armed_ = false; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// The earlier of the end of a whole and the limit of a step which begins now.
  static Clock::time_point earlier(Clock::time_point whole, std::chrono::milliseconds step) {
    return std::min(whole, Clock::now() + step);
  }

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<bool> armed_;
};

}  // namespace icom::ssh
