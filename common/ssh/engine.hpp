// libssh2's session, driven by the wire's events. Not for users of the library.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ssh/channel_opener.hpp"
#include "common/ssh/channel_state.hpp"
#include "common/ssh/condition.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/limits.hpp"
#include "common/ssh/listener_state.hpp"
#include "common/ssh/wire.hpp"

struct _LIBSSH2_CHANNEL;
struct _LIBSSH2_SESSION;

namespace icom::ssh {

/// Owns the wire and the libssh2 session. While connecting, a coroutine steps libssh2 through
/// handshake and authentication (until_done); once established, drive() lets every channel do all
/// that it can, after each event, until nothing moves. (Any call of libssh2 may read bytes that are
/// meant for another channel, so serving only the one that asked would let the others starve.)
///
/// One executor. Lives as long as a Session or a Channel refers to it.
class Engine : public std::enable_shared_from_this<Engine> {
 public:
  /// `server` names the other end in errors.
  static std::shared_ptr<Engine> create(boost::asio::ip::tcp::socket socket, std::string server,
                                        const Limits& limits);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Calls `step` (a function that returns what libssh2 returned) after each event until it is
  /// something else than EAGAIN. Throws the session's failure.
  template <typename Step>
  boost::asio::awaitable<int> until_done(Step step);

  /// Authenticated: from here on drive() runs after each event, keepalives are sent, and the
  /// watchdog looks.
  void establish();
  void drive();
  /// The session is over, for this reason: frees it, wakes all. Does nothing the second time. Not
  /// to be called from libssh2's callbacks.
  void end(Error why);

  /// Tells the server goodbye. However the session ends from here on, `why` is its failure.
  void disconnect(Error why);

  /// What `code`, returned by libssh2 while `doing`, means to the operator.
  [[nodiscard]] Error explain(int code, std::string_view doing) const;

  [[nodiscard]] _LIBSSH2_SESSION* session() const { return session_; }
  [[nodiscard]] Wire& wire() { return *wire_; }
  [[nodiscard]] ChannelOpener& opener() { return opener_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] const std::string& server() const { return server_; }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  /// Notified after each event and at the end.
  [[nodiscard]] Condition& changed() { return changed_; }
  [[nodiscard]] std::vector<std::shared_ptr<ChannelState>>& channels() { return channels_; }
  [[nodiscard]] std::vector<std::shared_ptr<ListenerState>>& listeners() { return listeners_; }
  /// Takes a channel that libssh2 has just opened or accepted into channels().
  std::shared_ptr<ChannelState> adopt(_LIBSSH2_CHANNEL* channel);
  [[nodiscard]] bool may_write() const { return wire_->queued() < limits_.send_watermark; }

 private:
  Engine(boost::asio::ip::tcp::socket socket, std::string server, const Limits& limits);
  void serve_all();
  void tick_later();
  void tick();
  [[nodiscard]] bool stalled() const;
  void free_session();

  boost::asio::any_io_executor executor_;
  std::string server_;
  Limits limits_;
  std::shared_ptr<Wire> wire_;
  _LIBSSH2_SESSION* session_ = nullptr;
  ChannelOpener opener_;
  std::vector<std::shared_ptr<ChannelState>> channels_;    ///< those that libssh2 knows
  std::vector<std::shared_ptr<ListenerState>> listeners_;  ///< the same
  std::optional<Error> failure_;
  std::optional<Error>
      farewell_;  ///< what will have been the failure, once this side has said goodbye
  Condition changed_;
  boost::asio::steady_timer ticker_;
  Wire::Clock::time_point keepalive_sent_;
  std::size_t turn_ = 0;  ///< whose channel's turn comes first
  bool established_ = false;
  bool driving_ = false;
};

/// libssh2's "try again when something has happened".
inline constexpr int kTryAgain = -37;

template <typename Step>
boost::asio::awaitable<int> Engine::until_done(Step step) {
  const auto self = shared_from_this();
  for (;;) {
    if (failure_) throw Error(*failure_);
    const int code = step();
    wire_->pump();
    if (code != kTryAgain) co_return code;
    co_await changed_.wait();
  }
}

}  // namespace icom::ssh
