// Something to wait for that another coroutine of the same executor can ring.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>

#include "common/asio/as_tuple.hpp"

namespace icom {

/// For one waiting coroutine. A ring while nobody waits is kept: the next wait ends at once.
class Bell {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Bell(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  void ring() {
    rung_ = true;
    timer_.cancel();
  }

  /// Ends at the next ring, or at `deadline`.
  boost::asio::awaitable<void> wait_until(Clock::time_point deadline) {
    if (!rung_) {
      timer_.expires_at(deadline);
      co_await timer_.async_wait(kAsTuple);
    }
    rung_ = false;
  }

 private:
  boost::asio::steady_timer timer_;
  bool rung_ = false;
};

}  // namespace icom
