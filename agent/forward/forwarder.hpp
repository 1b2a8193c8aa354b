// A site's forwarder: start here. One session with the gateway after the other, for as long as the
// process lives.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/forward/backoff.hpp"
#include "agent/forward/forward_status.hpp"
#include "agent/forward/link_session.hpp"
#include "common/asio/bell.hpp"
#include "common/asio/deadline.hpp"
#include "common/log/repeated_line.hpp"

namespace icom::forward {

struct ForwarderTimings {
  SessionTimings session;
  Backoff::Limits backoff;
  /// A session that lived so long makes the next attempt start from the shortest delay again.
  std::chrono::milliseconds stable = std::chrono::seconds(10);
  /// A gateway that refused a Linac is asked again by a new session, doubling from the first to the
  /// last delay.
  std::chrono::milliseconds ask_again = std::chrono::seconds(30);
  std::chrono::milliseconds ask_again_most = std::chrono::minutes(15);
  std::chrono::milliseconds status_file =
      std::chrono::seconds(1);  ///< between two looks at what to write
};

/// What a forwarder is given of the world around it.
struct ForwarderSurroundings {
  Connector connect;
  /// Asked before each session, so that a token put right counts. Throws LinkFailure.
  std::function<Caller()> caller;
  /// The state of the accepted Linacs' listeners.
  std::function<link::Status()> listeners;
  /// The state of the site's forwards; may be left out.
  std::function<std::vector<PortForwardStatus>()> forwards;
  /// Called when something of the status changed, and each kForwardFileEach.
  std::function<void(const ForwardStatus&)> publish;
  Backoff::Random random;
};

/// Everything on one executor, that of one thread. Needs nothing saved: where to go on is the
/// gateway's to say.
class Forwarder {
 public:
  /// `linacs` must outlive this. `identity` gives site, version and pid of the status.
  Forwarder(boost::asio::any_io_executor executor, LinacStreams& linacs, ForwardStatus identity,
            ForwarderSurroundings surroundings, ForwarderTimings timings);

  /// Until stop(). Never throws for what the network, the gateway or a file does: that is logged,
  /// and tried again.
  boost::asio::awaitable<void> run();

  /// A spool has grown.
  void wake();
  /// Has `change` made at a moment when no session is under way, which may change the Linacs: one
  /// that is under way is ended as by stop(), and another begins at once. What connect and caller
  /// give counts from then on.
  void change(std::function<void()> change);
  /// First phase: what is on its way is waited for, within SessionTimings; then run() returns.
  void stop();
  /// Second phase: run() returns without waiting for anybody.
  void abort();
  /// As it is now.
  [[nodiscard]] ForwardStatus status() const;

 private:
  using Clock = Bell::Clock;

  boost::asio::awaitable<void> session_loop();
  boost::asio::awaitable<void> status_loop();
  boost::asio::awaitable<void> one_session();
  boost::asio::awaitable<std::unique_ptr<MessagePipe>> connect();
  void gateway_answered();
  void report(const LinkFailure& failure);
  void set_connected(bool connected);

  boost::asio::any_io_executor executor_;
  LinacStreams& linacs_;
  ForwarderSurroundings surroundings_;
  ForwarderTimings timings_;
  Backoff backoff_;
  std::chrono::milliseconds ask_again_;
  ForwardStatus status_;  ///< but for the Linacs

  LinkSession* session_ = nullptr;              ///< while one is under way
  MessagePipe* pipe_ = nullptr;                 ///< the same
  std::vector<std::function<void()>> changes_;  ///< to be made
  Bell pause_;  ///< rung by stop() and change(): ends a wait between sessions, and an attempt to
                ///< connect
  Bell status_pause_;
  bool stopping_ = false;
  bool done_ = false;                          ///< no session any more: the last status is due
  std::optional<Deadline> ask_refused_again_;  ///< while a session has a refused Linac
  log::RepeatedLine failures_;
  std::map<std::string, log::RepeatedLine> refused_linacs_;
};

}  // namespace icom::forward
