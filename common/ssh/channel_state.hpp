// What stands behind a Channel: its buffers, and its libssh2 channel. Not for users of the library.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "common/ssh/condition.hpp"

struct _LIBSSH2_CHANNEL;

namespace icom::ssh {

class Engine;

/// Shared by a Channel, its pending operations and, while libssh2 knows it, the engine. Runs on the
/// session's executor only.
///
/// Receiving: libssh2's queue for a channel is emptied whole into `received_`, and only when that
/// has been read to its end. So what a slow reader can make us hold is at most twice the channel's
/// window, and the peer feels the window close.
///
/// Sending: bytes go straight to libssh2, which encrypts them into the wire's queue. When it says
/// EAGAIN (window shut, or a rekey under way) it may have remembered the packet's length already,
/// so the same bytes must come again: they are then copied into `staged_`, count as taken, and
/// nothing else is accepted until they are gone.
class ChannelState {
 public:
  struct Written {
    boost::system::error_code error;
    std::size_t bytes = 0;
  };

  ChannelState(Engine& engine, _LIBSSH2_CHANNEL* channel);
  ~ChannelState();
  ChannelState(const ChannelState&) = delete;
  ChannelState& operator=(const ChannelState&) = delete;

  // For the operations of Channel.

  [[nodiscard]] const boost::asio::any_io_executor& executor() const { return executor_; }
  /// Bytes that have arrived and wait to be read; valid until consume().
  [[nodiscard]] boost::asio::const_buffer readable() const;
  void consume(std::size_t bytes);
  /// Why reading can not go on once readable() is empty; nothing if more may come.
  [[nodiscard]] std::optional<boost::system::error_code> read_end() const;
  /// Nothing if it would have to wait. `bytes` is at most kMaxPacket.
  [[nodiscard]] std::optional<Written> try_write(boost::asio::const_buffer bytes);
  [[nodiscard]] Condition& became_readable() { return readable_condition_; }
  [[nodiscard]] Condition& became_writable() { return writable_condition_; }
  /// Raised by cancel(): an operation that began under a lower number is cancelled.
  [[nodiscard]] std::size_t cancellations() const { return cancellations_; }

  void cancel();
  void shutdown_send();
  void close();
  [[nodiscard]] bool is_open() const { return !closing_ && !ended_; }

  // For the engine.

  /// Lets libssh2 do all that it can for this channel now. Negative: the session has failed with
  /// that libssh2 error.
  int service();
  /// The libssh2 channel has been freed, and nobody needs service() any more.
  [[nodiscard]] bool finished() const { return channel_ == nullptr; }
  /// Bytes have waited since before `time` although the peer's window was open: only a rekey may
  /// cause that, and not for long.
  [[nodiscard]] bool stuck_since_before(std::chrono::steady_clock::time_point time) const;
  /// The session is over and its libssh2 channels are gone.
  void session_ended(boost::system::error_code why);

  /// libssh2 1.10 cuts longer writes to this.
  static constexpr std::size_t kMaxPacket = 32700;

 private:
  // Each returns 0 for "done, or has to wait", or libssh2's error of a failed session.
  int flush_staged();
  int send_end();
  int receive();
  int fill_received();
  int discard();
  int look_for_peers_end();
  int let_go();
  void wake();

  Engine* engine_;  ///< both are null once libssh2 knows the channel no more
  _LIBSSH2_CHANNEL* channel_;
  boost::asio::any_io_executor executor_;

  std::vector<char> received_;  ///< room; bytes stand from received_begin_ to received_end_
  std::size_t received_begin_ = 0;
  std::size_t received_end_ = 0;
  std::vector<char> staged_;
  std::size_t staged_begin_ = 0;  ///< what of staged_ libssh2 has taken

  bool peer_ended_ = false;   ///< the peer sends no more; libssh2 may still hold some of it
  bool peer_eof_ = false;     ///< and all that the peer sent is in received_
  bool peer_closed_ = false;  ///< the peer takes no more bytes either
  bool end_wanted_ = false;   ///< shutdown_send() was called
  bool end_sent_ = false;
  bool closing_ = false;
  std::chrono::steady_clock::time_point closing_since_;
  std::optional<std::chrono::steady_clock::time_point> stuck_since_;
  std::optional<boost::system::error_code> ended_;  ///< by the session
  std::size_t cancellations_ = 0;

  Condition readable_condition_;
  Condition writable_condition_;
};

}  // namespace icom::ssh
