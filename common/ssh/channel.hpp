// A direct-tcpip channel as an Asio stream.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <utility>

namespace icom::ssh {

class ChannelState;
class Engine;

/// Models AsyncReadStream and AsyncWriteStream (and, with channel_websocket.hpp, what Beast's
/// websocket::stream wants). One read and one write may be under way at once; all calls, and all
/// handlers' associated executors, must be the session's executor.
///
/// Errors of an operation: `eof` when the peer has closed its direction and all of its bytes were
/// read, `broken_pipe` when it takes no more, `operation_aborted` after cancel(), close() or this
/// side's end of the session, `timed_out` when the watchdog ended it, `connection_reset` when the
/// connection broke. Session::failure() says more. Cancelling one operation (any cancellation type)
/// leaves the stream intact.
class Channel {
 public:
  using executor_type = boost::asio::any_io_executor;

  /// For Session.
  Channel(std::shared_ptr<Engine> engine, std::shared_ptr<ChannelState> state);
  /// As close().
  ~Channel();
  Channel(Channel&& other) noexcept = default;
  Channel& operator=(Channel&& other) noexcept;

  [[nodiscard]] executor_type get_executor() const noexcept;

  /// Reads at least one byte, or none if `buffers` are empty.
  template <typename MutableBufferSequence, typename Token>
  auto async_read_some(const MutableBufferSequence& buffers, Token&& token);

  /// Takes at least one byte, or none if `buffers` are empty. Done means: handed to the session,
  /// which holds a bounded amount (Limits::send_watermark); not that the peer has it.
  template <typename ConstBufferSequence, typename Token>
  auto async_write_some(const ConstBufferSequence& buffers, Token&& token);

  /// Ends pending operations with operation_aborted; the channel goes on.
  void cancel();
  /// Tells the peer that no more bytes will come, after those already taken. Reading goes on.
  void shutdown_send();
  /// Closes both directions without waiting: bytes already taken are still sent, unread ones are
  /// dropped, pending operations end with operation_aborted. Does nothing on a closed or moved-from
  /// channel.
  void close();
  [[nodiscard]] bool is_open() const;

 private:
  std::shared_ptr<Engine> engine_;  ///< keeps the session's connection
  std::shared_ptr<ChannelState> state_;
};

}  // namespace icom::ssh

#include "common/ssh/channel_impl.hpp"
