// One SSH session after the other, for some of a site's forwards; a later one while the earlier one
// still works, where the server may permit more to it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/forward/backoff.hpp"
#include "agent/forward/port_forward.hpp"
#include "common/asio/bell.hpp"
#include "common/log/repeated_line.hpp"
#include "common/ssh/condition.hpp"
#include "common/ssh/session.hpp"

namespace icom::forward {

struct LaneTimings {
  Backoff::Limits backoff;
  /// A session that lived so long makes the next attempt start from the shortest delay again.
  std::chrono::milliseconds stable = std::chrono::seconds(10);
  /// The server is asked for an answer so often, and has so long to give it.
  std::chrono::milliseconds ask = std::chrono::seconds(5);
  std::chrono::seconds answer{15};
  std::chrono::seconds close{2};  ///< for a session's proper end
  /// Between logins that are there only to see whether the server permits by now what it refused.
  Backoff::Limits fresh{std::chrono::seconds(1), std::chrono::seconds(60)};
  std::chrono::seconds ask_fresh{10};  ///< for all that was refused, in such a login
};

/// Keeps a session for its forwards, as long as it has any. Everything on one executor; held by
/// shared_ptr, which run() shares.
///
/// sshd reads a key's rules when the key logs in, and a session may stand for months. So a forward
/// that the server refuses is tried in a session that logs in anew; if it is permitted there, all
/// forwards move to that one, and the earlier one ends with the last connection in it. While two
/// such earlier ones stand, no forward moves.
class ForwardLane : public std::enable_shared_from_this<ForwardLane> {
 public:
  /// Makes a session. Throws ssh::Error. Cancellable.
  using Connect = std::function<boost::asio::awaitable<std::shared_ptr<ssh::Session>>()>;

  ForwardLane(boost::asio::any_io_executor executor, Connect connect, Backoff::Random random,
              LaneTimings timings);

  /// Until stop(). Call it once.
  boost::asio::awaitable<void> run();

  /// It may be permitted only since the present session's login: a local one, of which that shows
  /// at a connection only, gets a new session at once, a remote one when the present one refuses
  /// it.
  void add(std::shared_ptr<PortForward> forward);
  /// Ends the forward.
  void remove(const std::shared_ptr<PortForward>& forward);
  [[nodiscard]] bool empty() const { return forwards_.empty(); }

  /// First phase: ports and connections are closed, the session is ended properly.
  void stop();
  /// Second phase: run() returns without waiting for anybody.
  void abort();

 private:
  boost::asio::awaitable<void> one_session();
  boost::asio::awaitable<void> watch(std::shared_ptr<ssh::Session> session);
  boost::asio::awaitable<void> keep_asking(std::shared_ptr<ssh::Session> session);
  boost::asio::awaitable<void> find_fresh();
  boost::asio::awaitable<void> try_fresh();
  [[nodiscard]] bool wants_fresh() const;
  void say_what_is_waited_for();
  void adopt_fresh();
  boost::asio::awaitable<void> emptied(std::shared_ptr<ssh::Session> session);
  boost::asio::awaitable<void> let_end(std::shared_ptr<ssh::Session> session);
  boost::asio::awaitable<void> stopped();
  void report(const std::string& failure);

  boost::asio::any_io_executor executor_;
  Connect connect_;
  LaneTimings timings_;
  Backoff backoff_;
  std::vector<std::shared_ptr<PortForward>> forwards_;
  std::shared_ptr<ssh::Session> session_;
  Bell pause_;  ///< rung by stop()

  std::vector<std::shared_ptr<ssh::Session>> earlier_;  ///< those that still have connections
  ssh::Condition stopped_;                              ///< notified by stop(), for these
  Bell wanting_;        ///< rung when wants_fresh() or earlier_ may have changed
  bool renew_ = false;  ///< a new session is wanted whatever is refused
  Backoff fresh_pace_;
  Bell::Clock::time_point next_fresh_;
  std::shared_ptr<ssh::Session> fresh_;                  ///< better than session_
  std::vector<std::shared_ptr<PortForward>> permitted_;  ///< by fresh_, not by session_

  bool stopping_ = false;
  std::string last_failure_;
  log::RepeatedLine failures_;
};

}  // namespace icom::forward
