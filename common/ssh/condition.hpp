// "Something changed, look again", for coroutines and composed operations of one executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "common/asio/as_tuple.hpp"

namespace icom::ssh {

/// Waiters look at what they wait for, then wait, then look again; on one executor no notification
/// can fall between. A timer that never expires gives each waiter Asio's own cancellation and
/// lifetime rules.
class Condition {
 public:
  explicit Condition(const boost::asio::any_io_executor& executor)
      : timer_(executor, boost::asio::steady_timer::time_point::max()) {}

  /// Wakes all waiters; they run later, not inside this call.
  void notify() { timer_.cancel(); }

  /// Completes (with operation_aborted, always: it tells nothing) on notify() or on the operation's
  /// own cancellation.
  template <typename Token>
  auto async_wait(Token&& token) {
    return timer_.async_wait(std::forward<Token>(token));
  }

  /// The same for coroutines, without an exception.
  boost::asio::awaitable<void> wait() { co_await timer_.async_wait(kAsTuple); }

 private:
  boost::asio::steady_timer timer_;
};

}  // namespace icom::ssh
