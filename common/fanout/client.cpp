#include "common/fanout/client.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "common/os/dead_peer.hpp"

namespace icom::fanout {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr auto kForever = Bell::Clock::time_point::max();

/// Eight seconds of the stream. The kernel would grow it to minutes, and a client that has stopped
/// reading would be noticed that much later.
constexpr int kSendBuffer = 256 * 1024;
/// More the kernel does not take in one call.
constexpr std::size_t kMostParts = 64;

}  // namespace

Client::Client(asio::ip::tcp::socket socket, Visitor visitor, const Limits& limits)
    : socket_(std::move(socket)),
      limits_(limits),
      visitor_(std::move(visitor)),
      bell_(socket_.get_executor()) {
  boost::system::error_code gone;
  socket_.non_blocking(true, gone);
  socket_.set_option(asio::ip::tcp::no_delay(true), gone);
  socket_.set_option(asio::socket_base::send_buffer_size(kSendBuffer), gone);
  os::end_when_peer_is_dead(socket_.native_handle());
}

awaitable<void> Client::run() {
  drop_what_comes();
  // Ends only when the reading has.
  co_await write_loop();
}

void Client::offer(const Piece& piece) {
  if (finishing_ || writing_over_ || (!begun_ && !piece.frame)) return;
  begun_ = true;
  if (!waiting_.empty() && waiting_bytes_ + piece.bytes->size() > limits_.waiting_bytes) {
    cut_off("it does not read fast enough");
    return;
  }
  waiting_bytes_ += piece.bytes->size();
  waiting_.push_back(piece);
  bell_.ring();
}

void Client::finish() {
  if (finishing_) return;
  finishing_ = true;
  last_chance_.emplace(socket_.get_executor(), limits_.goodbye, [this] { stop_writing(); });
  bell_.ring();
}

void Client::cut_off(std::string why) {
  if (writing_over_ || finishing_) return;
  why_cut_off_ = std::move(why);
  stop_writing();
}

void Client::stop_writing() {
  writing_over_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);  // of a write that waits; the read goes on again
  bell_.ring();
}

void Client::drop_what_comes() {
  socket_.async_read_some(
      asio::buffer(unwanted_), [this](boost::system::error_code error, std::size_t) {
        if (!error || (error == asio::error::operation_aborted && socket_.is_open())) {
          drop_what_comes();
          return;
        }
        reading_over_ = true;
        stop_writing();
      });
}

awaitable<void> Client::write_loop() {
  while (!writing_over_) {
    if (!waiting_.empty()) {
      co_await write_some();
    } else if (finishing_) {
      break;
    } else {
      co_await bell_.wait_until(kForever);
    }
  }
  writing_over_ = true;
  last_chance_.reset();
  waiting_.clear();
  co_await say_goodbye();
}

awaitable<void> Client::write_some() {
  std::vector<asio::const_buffer> parts;
  parts.reserve(std::min(waiting_.size(), kMostParts));
  for (const Piece& piece : waiting_) {
    if (parts.size() == kMostParts) break;
    parts.emplace_back(piece.bytes->data(), piece.bytes->size());
  }
  parts.front() += sent_of_first_;
  const Deadline stalled(socket_.get_executor(), limits_.stalled,
                         [this] { cut_off("it does not read"); });
  boost::system::error_code error;
  const std::size_t size =
      co_await socket_.async_write_some(parts, asio::redirect_error(asio::use_awaitable, error));
  if (!error) {
    sent(size);
  } else if (error != asio::error::operation_aborted) {
    writing_over_ = true;
  }
}

void Client::sent(std::size_t bytes) {
  sent_bytes_ += bytes;
  waiting_bytes_ -= bytes;
  sent_of_first_ += bytes;
  while (!waiting_.empty() && sent_of_first_ >= waiting_.front().bytes->size()) {
    sent_of_first_ -= waiting_.front().bytes->size();
    waiting_.pop_front();
  }
}

/// FIN, then the client's own end is waited for. Where the kernel still holds bytes that the client
/// does not read, our FIN stands behind them: it comes to whoever reads on.
awaitable<void> Client::say_goodbye() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  const Deadline enough(socket_.get_executor(), limits_.goodbye, [this] {
    boost::system::error_code closing;
    socket_.close(closing);
  });
  while (!reading_over_) co_await bell_.wait_until(kForever);
  socket_.close(ignored);
}

}  // namespace icom::fanout
