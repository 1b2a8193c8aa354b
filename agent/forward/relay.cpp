#include "agent/forward/relay.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/write.hpp>
#include <utility>
#include <vector>

#include "common/asio/as_tuple.hpp"

namespace icom::forward {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Two of the largest packets that libssh2 sends: a half-full one costs as much as a full one.
constexpr std::size_t kBufferBytes = std::size_t{2} * 32'700;

}  // namespace

Relay::Relay(tcp::socket socket, ssh::Channel channel, Flow to_channel, Flow to_socket)
    : socket_(std::move(socket)),
      channel_(std::move(channel)),
      to_channel_(to_channel),
      to_socket_(to_socket),
      to_channel_place_(channel_.get_executor()),
      to_socket_place_(channel_.get_executor()) {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
}

asio::awaitable<void> Relay::run() {
  using asio::experimental::awaitable_operators::operator&&;
  co_await (socket_to_channel() && channel_to_socket());
  close();
}

void Relay::close() {
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
  channel_.close();
  to_channel_place_.leave();
  to_socket_place_.leave();
}

asio::awaitable<void> Relay::socket_to_channel() {
  std::vector<char> buffer(kBufferBytes);
  while (!closed_) {
    const auto portion = asio::buffer(buffer, to_channel_.line.portion(buffer.size()));
    const auto [read_error, size] = co_await socket_.async_read_some(portion, kAsTuple);
    if (read_error == asio::error::eof) {
      channel_.shutdown_send();
      co_return;
    }
    if (read_error) break;
    if (to_channel_.line.is_limited()) {
      co_await to_channel_.line.wait_for_turn(to_channel_place_, size);
      if (closed_) break;  // it had no turn
    }
    const auto [error, written] =
        co_await asio::async_write(channel_, asio::buffer(buffer.data(), size), kAsTuple);
    to_channel_.bytes += written;
    to_channel_.line.give_back(size - written);
    // The far end takes no more; what it has sent is still passed on.
    if (error == asio::error::broken_pipe) co_return;
    if (error) break;
  }
  close();
}

asio::awaitable<void> Relay::channel_to_socket() {
  std::vector<char> buffer(kBufferBytes);
  while (!closed_) {
    const auto portion = asio::buffer(buffer, to_socket_.line.portion(buffer.size()));
    const auto [read_error, size] = co_await channel_.async_read_some(portion, kAsTuple);
    if (read_error == asio::error::eof) {
      error_code error;
      socket_.shutdown(tcp::socket::shutdown_send, error);
      if (!error) co_return;
      break;
    }
    if (read_error) break;
    if (to_socket_.line.is_limited()) {
      co_await to_socket_.line.wait_for_turn(to_socket_place_, size);
      if (closed_) break;  // it had no turn
    }
    const auto [error, written] =
        co_await asio::async_write(socket_, asio::buffer(buffer.data(), size), kAsTuple);
    to_socket_.bytes += written;
    to_socket_.line.give_back(size - written);
    if (error) break;
  }
  close();
}

}  // namespace icom::forward
