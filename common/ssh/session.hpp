// One SSH session on Asio: start here. What libssh2 1.10 had to be designed around, and how:
// docs/protocol.md, "The tunnel".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/ssh/channel.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/listener.hpp"
#include "common/ssh/settings.hpp"

namespace icom::ssh {

class Engine;

/// A connection to one sshd, authenticated. Everything of a session and its channels runs on one
/// executor, that of the coroutine which called connect(): it must be a strand, or that of an
/// io_context which one thread runs. Every function here must be called on it. Dropping the last
/// reference aborts the session, unless channels still live: these keep the connection alive.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// Resolves, connects, checks the host key, authenticates; all within `deadline` (each step also
  /// within its own limit). Throws Error; system_error (operation_aborted) if cancelled.
  static boost::asio::awaitable<std::shared_ptr<Session>> connect(Settings settings,
                                                                  std::chrono::seconds deadline);

  /// A direct-tcpip channel to `host`:`port` as the server reaches it. Any number of calls may be
  /// under way at once: they are served one after the other, in order, and `deadline` counts the
  /// wait for one's turn. Throws Error: `refused` or `prohibited` with the server's reason,
  /// `timeout`, or what ended the session. A call that was given up is still waited for by the next
  /// ones.
  boost::asio::awaitable<Channel> open_channel(std::string host, std::uint16_t port,
                                               std::chrono::seconds deadline);

  /// Has the server listen at `host`:`port` (0: it chooses one), and bring the connections here.
  /// `host` is what the server binds: its GatewayPorts and the key's permitlisten decide. Queues
  /// with open_channel(). Throws Error: `refused` if the port is held or not permitted, `timeout`,
  /// or what ended the session.
  boost::asio::awaitable<Listener> listen(std::string host, std::uint16_t port,
                                          std::chrono::seconds deadline);

  /// Until the server has answered, whatever it says. A server that hangs while its kernel goes on
  /// is found by this alone; and a session without a channel or a listener answers the server's own
  /// questions only during calls like this. Queues with open_channel(), and `limit` counts from its
  /// turn: what waits for a slow target says nothing of the server. Throws Error: `timeout`, or
  /// what ended the session.
  boost::asio::awaitable<void> ping(std::chrono::seconds limit);
  /// Encrypted ones, that this side has looked at: what grows meanwhile tells that the server
  /// lives.
  [[nodiscard]] std::uint64_t bytes_received() const;

  /// Until the session is over, for whatever reason.
  boost::asio::awaitable<void> ended() const;
  /// Until it has no channel, and nobody waits for an answer of the server's; or is over.
  boost::asio::awaitable<void> idle() const;

  /// Closes the channels, waits until the server has passed on what was written to them, and says
  /// goodbye; after `deadline` it drops the socket wherever that stands. Pending operations end
  /// with operation_aborted. Never throws for what the peer does; a second call does nothing.
  boost::asio::awaitable<void> close(std::chrono::seconds deadline);
  /// Drops the socket at once. Pending operations end with operation_aborted.
  void abort();

  [[nodiscard]] bool is_open() const;
  /// Why the session ended; nothing while it is open. `closed` if this side ended it by close() or
  /// abort().
  [[nodiscard]] std::optional<Error> failure() const;
  [[nodiscard]] boost::asio::any_io_executor get_executor() const;

  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  explicit Session(std::shared_ptr<Engine> engine);
  std::shared_ptr<Engine> engine_;
};

}  // namespace icom::ssh
