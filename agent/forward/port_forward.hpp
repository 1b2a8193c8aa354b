// One of a site's forwards: a port at one end of the tunnel, a target at the other.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "agent/forward/paced_line.hpp"
#include "agent/forward/port_forward_status.hpp"
#include "agent/forward/relay.hpp"
#include "common/asio/bell.hpp"
#include "common/config/forward_settings.hpp"
#include "common/log/repeated_line.hpp"
#include "common/ssh/condition.hpp"
#include "common/ssh/session.hpp"

namespace icom::forward {

struct PortForwardTimings {
  /// A port that cannot be listened on is tried again, doubling from the first to the last delay.
  std::chrono::milliseconds retry = std::chrono::seconds(1);
  std::chrono::milliseconds retry_most = std::chrono::seconds(15);
  std::chrono::seconds listen{20};   ///< for the server's answer
  std::chrono::seconds connect{10};  ///< to the target, from either end
};

/// Listens while it is given a session, and joins what comes with its target. What goes wrong with
/// a connection ends that connection alone; what goes wrong with the port is tried again. The local
/// kind listens here, the remote kind at the server.
///
/// One executor, the sessions'. Held by shared_ptr, which its coroutines share.
class PortForward : public std::enable_shared_from_this<PortForward> {
 public:
  static std::shared_ptr<PortForward> make(boost::asio::any_io_executor executor,
                                           config::ForwardSettings settings,
                                           PortForwardTimings timings);
  PortForward(boost::asio::any_io_executor executor, config::ForwardSettings settings,
              PortForwardTimings timings);
  virtual ~PortForward() = default;
  PortForward(const PortForward&) = delete;
  PortForward& operator=(const PortForward&) = delete;

  [[nodiscard]] const config::ForwardSettings& settings() const { return settings_; }
  /// Whether `change()` can bring about `wanted`, so that its connections need not be cut.
  [[nodiscard]] bool can_become(const config::ForwardSettings& wanted) const;
  /// New limits. Connections beyond a lower number are let be.
  void change(const config::ForwardSettings& wanted);

  /// There is a session: listens, and goes on trying.
  void begin(std::shared_ptr<ssh::Session> session);
  /// The session is over, or the forward is not wanted any more: closes the port and every
  /// connection.
  void end();
  /// From now on in `session`, which has logged in after the present one: what the server permits
  /// it may differ. Connections stay where they are. Between begin() and end().
  void move(std::shared_ptr<ssh::Session> session);

  /// Called whenever the server refuses this forward. Empty: nobody.
  void on_refusal(std::function<void()> call) { on_refusal_ = std::move(call); }
  /// By its rules, or (a remote port) because somebody holds it there. A session's rules are those
  /// of its login.
  [[nodiscard]] bool server_refuses() const { return server_refuses_; }
  /// Whether in `session` it does not. Never throws for what the server does.
  virtual boost::asio::awaitable<bool> permitted_in(std::shared_ptr<ssh::Session> session) = 0;
  /// As permitted_in() has found, of the session to which it has moved.
  virtual void server_permits() = 0;
  /// Said beside a refusal; empty: nothing.
  void say_with_refusal(std::string text) { with_refusal_ = std::move(text); }

  /// Why there is no session. Shown while there is none.
  void note_tunnel_failure(const std::string& why);

  [[nodiscard]] PortForwardStatus status() const;

 protected:
  /// What lives between begin() and end().
  struct Run {
    Run(const boost::asio::any_io_executor& executor, std::shared_ptr<ssh::Session> of)
        : session(std::move(of)), pause(executor), over(executor) {}
    std::shared_ptr<ssh::Session> session;  ///< for what comes; move() exchanges it
    bool ended = false;
    Bell pause;                        ///< rung by end() and move(), for serve()
    ssh::Condition over;               ///< notified by end(), for its connections
    std::function<void()> close_port;  ///< while it is open, or its address looked up
    std::set<Relay*> relays;
  };
  using RunPtr = std::shared_ptr<Run>;

  /// Opens the port, calls port_is_open(), and calls carry() for what comes, until the run ends, or
  /// moves to another session and needs a port there.
  /// Throws a sentence on why the port can not be opened and what to do, or what ended the session.
  virtual boost::asio::awaitable<void> listen(RunPtr run) = 0;

  /// The run's session has been exchanged.
  virtual void moved(Run& run) = 0;

  void port_is_open();
  /// The server refuses it: shown as refused, with the failure that is noted.
  void note_refusal();
  /// The end of that, if there was one: shown as up.
  void end_refusal();
  void opening() { set_state(PortForwardState::opening); }
  /// Counts a connection in, or, if there are too many, as refused.
  bool admit();
  /// Runs `work`, which counts as a connection until it ends, and notes what it throws.
  void carry(boost::asio::awaitable<void> work);
  boost::asio::awaitable<void> relay(RunPtr run, boost::asio::ip::tcp::socket socket,
                                     ssh::Channel channel);
  void note_failure(const std::string& text);
  /// The target has not taken a connection that was accepted: why.
  void note_target_refusal(const std::string& text);
  void note_target_reached();

  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] const PortForwardTimings& timings() const { return timings_; }

 private:
  void note_failure(const std::string& text, const std::string& logged);
  boost::asio::awaitable<void> serve(RunPtr run);
  static boost::asio::awaitable<void> settle(std::shared_ptr<ssh::Session> session);
  void set_state(PortForwardState state);
  void use_rate();

  boost::asio::any_io_executor executor_;
  config::ForwardSettings settings_;
  PortForwardTimings timings_;
  PortForwardStatus status_;
  PacedLine line_to_target_;
  PacedLine line_from_target_;
  RunPtr run_;
  bool server_refuses_ = false;
  std::function<void()> on_refusal_;
  std::string with_refusal_;
  log::RepeatedLine failures_;
};

}  // namespace icom::forward
