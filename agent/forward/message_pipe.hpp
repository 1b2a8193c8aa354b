// Whole messages to and from the gateway, whatever carries them: a WebSocket in an SSH channel in
// production, one over plain loopback TCP in tests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace icom::forward {

/// A connected, two-way pipe. One read and one write may be under way at the same time, all on one
/// executor.
class MessagePipe {
 public:
  virtual ~MessagePipe() = default;

  /// The next message. Throws LinkFailure when the connection is over or the peer is dead (found
  /// within 15 s).
  virtual boost::asio::awaitable<std::string> read() = 0;
  /// Returns once the transport has taken the message. `message` is borrowed until then. Throws
  /// LinkFailure.
  virtual boost::asio::awaitable<void> write(std::string_view message) = 0;
  /// Says goodbye within `deadline`, then abort(). A pending read() ends with LinkFailure. Never
  /// throws.
  virtual boost::asio::awaitable<void> close(std::chrono::milliseconds deadline) = 0;
  /// Drops the connection at once: pending operations end with LinkFailure. May be called more than
  /// once.
  virtual void abort() = 0;
};

/// Makes a connected pipe, or throws LinkFailure; has deadlines of its own for every step.
using Connector = std::function<boost::asio::awaitable<std::unique_ptr<MessagePipe>>()>;

}  // namespace icom::forward
