#include "common/ssh/wire.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace icom::ssh {
namespace {

/// What one read takes off the socket. libssh2 normally empties it before the next.
constexpr std::size_t kInputBytes = std::size_t{128} << 10U;

/// Above this nothing more is given to libssh2. Data of channels stops far below
/// (Limits::send_watermark); what gets here are libssh2's answers to a peer that asks and asks
/// without reading them.
constexpr std::size_t kMaxQueued = std::size_t{2} << 20U;

}  // namespace

Wire::Wire(boost::asio::ip::tcp::socket socket)
    : socket_(std::move(socket)), input_(kInputBytes), moved_(Clock::now()) {}

void Wire::start(std::function<void()> on_change) {
  on_change_ = std::move(on_change);
  pump();
}

void Wire::pump() {
  if (closed_) return;
  write();
  read();
}

void Wire::close() {
  closed_ = true;
  on_change_ = nullptr;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

std::ptrdiff_t Wire::send(const void* bytes, std::size_t size) {
  if (!closed_) {
    if (queued() == 0) moved_ = Clock::now();
    const char* const begin = static_cast<const char*>(bytes);
    queued_.insert(queued_.end(), begin, begin + size);
  }
  return static_cast<std::ptrdiff_t>(size);
}

std::ptrdiff_t Wire::receive(void* bytes, std::size_t size) {
  if (closed_) return -ECONNABORTED;
  const std::size_t held = input_end_ - input_begin_;
  if (held == 0) return broken_ ? -ECONNRESET : -EAGAIN;
  if (queued() > kMaxQueued) return -EAGAIN;
  const std::size_t taken = std::min(size, held);
  std::memcpy(bytes, input_.data() + input_begin_, taken);
  input_begin_ += taken;
  given_ += taken;
  return static_cast<std::ptrdiff_t>(taken);
}

bool Wire::stuck_since_before(Clock::time_point time) const {
  return queued() > 0 && moved_ < time;
}

void Wire::read() {
  if (reading_ || broken_ || has_input()) return;
  reading_ = true;
  socket_.async_read_some(
      boost::asio::buffer(input_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
        self->reading_ = false;
        self->input_begin_ = 0;
        self->input_end_ = bytes;
        self->broken_ = error;
        self->changed();
      });
}

void Wire::write() {
  if (writing_ || write_failed_) return;
  if (flown_ == flying_.size()) {
    flying_.clear();
    flown_ = 0;
    if (queued_.empty()) return;
    std::swap(flying_, queued_);
  }
  writing_ = true;
  socket_.async_write_some(
      boost::asio::buffer(flying_.data() + flown_, flying_.size() - flown_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
        self->writing_ = false;
        self->flown_ += bytes;
        if (bytes > 0) self->moved_ = Clock::now();
        // What the peer said last may still be unread: the reading side finds the end by itself.
        self->write_failed_ = static_cast<bool>(error);
        self->changed();
      });
}

void Wire::changed() {
  if (closed_) return;
  // A copy: what it calls may close this wire, which drops the original.
  const auto on_change = on_change_;
  on_change();
  pump();
}

}  // namespace icom::ssh
