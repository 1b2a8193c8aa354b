// One SSH session on Asio. What libssh2 1.10 needs to be designed around, and how: docs/protocol.md, "The tunnel".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "common/ssh/settings.hpp"

namespace icom::ssh {

class Channel;

/// Everything of a session and its channels runs on one executor (a strand, or a single-threaded io_context).
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// Resolves, connects, checks the host key, authenticates; each step within `deadline` of the start. Throws
  /// ssh::Error (error.hpp): a category (network, host_key, authentication, settings, ...) and a sentence that says what to do.
  static boost::asio::awaitable<std::shared_ptr<Session>> connect(Settings settings, std::chrono::seconds deadline);

  /// A direct-tcpip channel to `host`:`port` as the server reaches it. Opens are serialised.
  boost::asio::awaitable<Channel> open_channel(std::string host, std::uint16_t port, std::chrono::seconds deadline);

  /// Says goodbye within `deadline`, then drops the socket. Pending operations end with operation_aborted.
  boost::asio::awaitable<void> close(std::chrono::seconds deadline);
  /// Drops the socket at once.
  void abort();
};

}  // namespace icom::ssh
