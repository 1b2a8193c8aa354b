// One SSH session after the other, for some of a site's forwards.
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
#include "agent/forward/repeated_line.hpp"
#include "common/asio/bell.hpp"
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
};

/// Keeps a session for its forwards, as long as it has any. Everything on one executor; held by
/// shared_ptr, which run() shares.
class ForwardLane : public std::enable_shared_from_this<ForwardLane> {
 public:
  /// Makes a session. Throws ssh::Error. Cancellable.
  using Connect = std::function<boost::asio::awaitable<std::shared_ptr<ssh::Session>>()>;

  ForwardLane(boost::asio::any_io_executor executor, Connect connect, Backoff::Random random,
              LaneTimings timings);

  /// Until stop(). Call it once.
  boost::asio::awaitable<void> run();

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
  void report(const std::string& failure);

  boost::asio::any_io_executor executor_;
  Connect connect_;
  LaneTimings timings_;
  Backoff backoff_;
  std::vector<std::shared_ptr<PortForward>> forwards_;
  std::shared_ptr<ssh::Session> session_;
  Bell pause_;  ///< rung by stop()
  bool stopping_ = false;
  std::string last_failure_;
  RepeatedLine failures_;
};

}  // namespace icom::forward
