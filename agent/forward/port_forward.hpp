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
#include "agent/forward/repeated_line.hpp"
#include "common/asio/bell.hpp"
#include "common/config/forward_settings.hpp"
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
  /// Why there is no session. Shown while there is none.
  void note_tunnel_failure(const std::string& why);

  [[nodiscard]] PortForwardStatus status() const;

 protected:
  /// What lives between begin() and end().
  struct Run {
    Run(const boost::asio::any_io_executor& executor, std::shared_ptr<ssh::Session> of)
        : session(std::move(of)), pause(executor), over(executor) {}
    std::shared_ptr<ssh::Session> session;
    bool ended = false;
    Bell pause;                        ///< rung by end(), for serve()
    ssh::Condition over;               ///< notified by end(), for its connections
    std::function<void()> close_port;  ///< while it is open, or its address looked up
    std::set<Relay*> relays;
  };
  using RunPtr = std::shared_ptr<Run>;

  /// Opens the port, calls port_is_open(), and calls carry() for what comes, until the run ends.
  /// Throws a sentence on why the port can not be opened and what to do, or what ended the session.
  virtual boost::asio::awaitable<void> listen(RunPtr run) = 0;

  void port_is_open();
  /// Counts a connection in, or, if there are too many, as refused.
  bool admit();
  /// Runs `work`, which counts as a connection until it ends, and notes what it throws.
  void carry(boost::asio::awaitable<void> work);
  boost::asio::awaitable<void> relay(RunPtr run, boost::asio::ip::tcp::socket socket,
                                     ssh::Channel channel);
  void note_failure(const std::string& text);

  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  [[nodiscard]] const PortForwardTimings& timings() const { return timings_; }

 private:
  boost::asio::awaitable<void> serve(RunPtr run);
  void set_state(PortForwardState state);
  void use_rate();

  boost::asio::any_io_executor executor_;
  config::ForwardSettings settings_;
  PortForwardTimings timings_;
  PortForwardStatus status_;
  PacedLine line_to_target_;
  PacedLine line_from_target_;
  RunPtr run_;
  RepeatedLine failures_;
};

}  // namespace icom::forward
