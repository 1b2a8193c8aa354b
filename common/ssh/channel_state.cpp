#include "common/ssh/channel_state.hpp"

#include <array>
#include <boost/asio/error.hpp>

#include "common/ssh/engine.hpp"
#include "common/ssh/library.hpp"

namespace icom::ssh {
namespace {

/// Room for one call of libssh2_channel_read.
constexpr std::size_t kReadBytes = std::size_t{64} << 10U;
/// As that, where nobody wants the bytes.
constexpr std::size_t kDiscardBytes = std::size_t{16} << 10U;
/// An emptied buffer that a burst has made larger than this is given back.
constexpr std::size_t kKeptBytes = 4 * kReadBytes;

/// Something has to happen first. (A write into a closed window may also return 0.)
bool has_to_wait(std::ptrdiff_t code) {
  return code == LIBSSH2_ERROR_EAGAIN || code == 0;
}

}  // namespace

ChannelState::ChannelState(Engine& engine, _LIBSSH2_CHANNEL* channel)
    : engine_(&engine),
      channel_(channel),
      executor_(engine.executor()),
      readable_condition_(executor_),
      writable_condition_(executor_) {}

ChannelState::~ChannelState() = default;

boost::asio::const_buffer ChannelState::readable() const {
  return {received_.data() + received_begin_, received_end_ - received_begin_};
}

void ChannelState::consume(std::size_t bytes) {
  received_begin_ += bytes;
  if (received_begin_ < received_end_) return;
  received_begin_ = received_end_ = 0;
  if (received_.size() > kKeptBytes) std::vector<char>().swap(received_);
  if (channel_ != nullptr) engine_->drive();
}

std::optional<boost::system::error_code> ChannelState::read_end() const {
  if (closing_) return boost::asio::error::operation_aborted;
  if (peer_eof_) return boost::asio::error::eof;
  return ended_;
}

std::optional<ChannelState::Written> ChannelState::try_write(boost::asio::const_buffer bytes) {
  if (closing_) return Written{boost::asio::error::operation_aborted, 0};
  if (ended_) return Written{*ended_, 0};
  if (channel_ == nullptr || peer_closed_ || end_wanted_) {
    return Written{boost::asio::error::broken_pipe, 0};
  }
  if (!staged_.empty() || !engine_->may_write()) return std::nullopt;

  const char* const data = static_cast<const char*>(bytes.data());
  const std::uint64_t given_before = engine_->wire().given();
  std::ptrdiff_t code = libssh2_channel_write(channel_, data, bytes.size());
  if (has_to_wait(code)) {
    staged_.assign(data, data + bytes.size());
    code = static_cast<std::ptrdiff_t>(bytes.size());
  } else if (code < 0) {
    engine_->end(engine_->explain(static_cast<int>(code), "writing to a channel"));
    return Written{*ended_, 0};
  }
  // libssh2 may have read what other channels wait for.
  if (engine_->wire().given() != given_before || !staged_.empty()) {
    engine_->drive();
  } else {
    engine_->wire().pump();
  }
  return Written{{}, static_cast<std::size_t>(code)};
}

void ChannelState::cancel() {
  ++cancellations_;
  readable_condition_.notify();
  writable_condition_.notify();
}

void ChannelState::shutdown_send() {
  end_wanted_ = true;
  writable_condition_.notify();
  if (channel_ != nullptr) engine_->drive();
}

void ChannelState::close() {
  if (closing_) return;
  closing_ = true;
  closing_since_ = std::chrono::steady_clock::now();
  received_begin_ = received_end_ = 0;
  std::vector<char>().swap(received_);
  readable_condition_.notify();
  writable_condition_.notify();
  if (channel_ != nullptr) engine_->drive();
}

bool ChannelState::stuck_since_before(std::chrono::steady_clock::time_point time) const {
  return stuck_since_ && *stuck_since_ < time;
}

void ChannelState::session_ended(boost::system::error_code why) {
  ended_ = why;
  channel_ = nullptr;
  engine_ = nullptr;
  readable_condition_.notify();
  writable_condition_.notify();
}

int ChannelState::service() {
  if (channel_ == nullptr) return 0;
  int code = flush_staged();
  if (code == 0) code = send_end();
  if (code == 0) code = receive();
  if (code == 0 && (closing_ || peer_closed_)) code = let_go();
  wake();
  return code;
}

int ChannelState::flush_staged() {
  while (staged_begin_ < staged_.size() && !peer_closed_) {
    const std::ptrdiff_t code = libssh2_channel_write(channel_, staged_.data() + staged_begin_,
                                                      staged_.size() - staged_begin_);
    if (has_to_wait(code)) {
      // A shut window is the peer's right, for as long as it likes. With an open one, only a rekey
      // can be in the way.
      if (libssh2_channel_window_write(channel_) == 0) {
        stuck_since_.reset();
      } else if (!stuck_since_) {
        stuck_since_ = std::chrono::steady_clock::now();
      }
      return 0;
    }
    if (code < 0) return static_cast<int>(code);
    staged_begin_ += static_cast<std::size_t>(code);
  }
  staged_.clear();
  staged_begin_ = 0;
  stuck_since_.reset();
  return 0;
}

int ChannelState::send_end() {
  if (!end_wanted_ || end_sent_ || peer_closed_ || !staged_.empty()) return 0;
  const int code = libssh2_channel_send_eof(channel_);
  end_sent_ = code == 0;
  return code == LIBSSH2_ERROR_EAGAIN ? 0 : code;
}

int ChannelState::receive() {
  if (closing_) return discard();
  if (received_begin_ == received_end_) {
    if (const int code = fill_received(); code < 0) return code;
  }
  if (const int code = look_for_peers_end(); code < 0) return code;
  // Before libssh2's channel goes: what it still holds (a window's worth at most) is kept here.
  return peer_closed_ ? fill_received() : 0;
}

/// What a closed channel still gets. Left with libssh2 it would keep the window shut, and a peer
/// that waits for that to open takes nothing of ours, nor its end.
int ChannelState::discard() {
  std::array<char, kDiscardBytes> unwanted;
  while (!peer_eof_) {
    const std::ptrdiff_t code = libssh2_channel_read(channel_, unwanted.data(), unwanted.size());
    if (code == 0) peer_ended_ = peer_eof_ = libssh2_channel_eof(channel_) == 1;
    if (has_to_wait(code)) return 0;
    if (code < 0) return static_cast<int>(code);
  }
  return 0;
}

int ChannelState::look_for_peers_end() {
  // Without taking this channel's data, these two also let libssh2 read and answer what else has
  // come in.
  if (!peer_ended_) {
    const int code = libssh2_channel_wait_eof(channel_);
    if (code != 0) return code == LIBSSH2_ERROR_EAGAIN ? 0 : code;
    peer_ended_ = true;
  }
  if (!peer_closed_) {
    const int code = libssh2_channel_wait_closed(channel_);
    if (code != 0) return code == LIBSSH2_ERROR_EAGAIN ? 0 : code;
    peer_closed_ = true;
  }
  return 0;
}

int ChannelState::fill_received() {
  while (!peer_eof_) {
    if (received_.size() - received_end_ < kReadBytes) received_.resize(received_end_ + kReadBytes);
    const std::ptrdiff_t code =
        libssh2_channel_read(channel_, received_.data() + received_end_, kReadBytes);
    if (code == 0) peer_ended_ = peer_eof_ = libssh2_channel_eof(channel_) == 1;
    if (has_to_wait(code)) return 0;
    if (code < 0) return static_cast<int>(code);
    received_end_ += static_cast<std::size_t>(code);
  }
  return 0;
}

int ChannelState::let_go() {
  // sshd answers a close only after it has passed on all that it was sent for the target.
  const bool in_time =
      std::chrono::steady_clock::now() - closing_since_ < engine_->limits().channel_close;
  if (!staged_.empty() && !peer_closed_ && in_time) return 0;
  int code = libssh2_channel_close(channel_);
  if (code == 0) code = look_for_peers_end();
  if (code == 0 && !peer_closed_ && in_time) return 0;
  // The close waits for the peer's answer for as long as it likes; having said ours, we may forget
  // the channel.
  if (code == 0 || (code == LIBSSH2_ERROR_EAGAIN && !in_time)) {
    code = libssh2_channel_free(channel_);
  }
  if (code != 0) return code == LIBSSH2_ERROR_EAGAIN ? 0 : code;
  channel_ = nullptr;
  engine_ = nullptr;
  return 0;
}

void ChannelState::wake() {
  if (received_begin_ < received_end_ || read_end()) readable_condition_.notify();
  if (channel_ == nullptr || peer_closed_ || (staged_.empty() && engine_->may_write())) {
    writable_condition_.notify();
  }
}

}  // namespace icom::ssh
