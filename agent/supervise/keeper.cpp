#include "agent/supervise/keeper.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "agent/listen/descriptor_passing.hpp"
#include "agent/listen/goodbye.hpp"
#include "common/asio/deadline.hpp"

namespace icom::supervise {

namespace asio = boost::asio;
using asio::ip::tcp;

Keeper::Keeper(const asio::any_io_executor& executor, os::Descriptor left)
    : ends_(listen::descriptor_channel()), socket_(executor), held_(std::move(left)) {
  offered_ = held_.valid() && listen::send_descriptor(ends_[0].get(), listen::kKept, held_.get());
}

void Keeper::started() {
  // A program that dies, or whose keeper does, is noticed only if nobody else has these.
  ends_[1].reset();
  socket_.assign(Socket::protocol_type(), ends_[0].release());
  socket_.non_blocking(true);
  listen();
}

void Keeper::listen() {
  socket_.async_wait(Socket::wait_read, [weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->hear();
    char none = 0;
    self->socket_.receive(asio::buffer(&none, 1), Socket::message_peek, error);
    if (error == asio::error::would_block || !error) self->listen();
  });
}

void Keeper::hear() {
  std::byte with{};
  os::Descriptor said;
  while (socket_.is_open() && listen::receive_descriptor(socket_.native_handle(), with, said)) {
    held_ = std::move(said);
    silent_ = false;
  }
}

bool Keeper::waits_to_be_taken() {
  hear();
  return offered_ && silent_ && held_.valid();
}

os::Descriptor Keeper::release() {
  hear();
  return std::move(held_);
}

void Keeper::inherit(os::Descriptor held) {
  hear();
  if (silent_) held_ = std::move(held);
}

asio::awaitable<void> say_goodbye(os::Descriptor connection) {
  listen::say_fin(connection.get());
  const auto executor = co_await asio::this_coro::executor;
  const bool ipv6 = listen::is_ipv6(connection.get());
  tcp::socket socket(executor, ipv6 ? tcp::v6() : tcp::v4(), connection.release());
  boost::system::error_code ignored;
  const Deadline deadline(executor, listen::kGoodbye, [&] { socket.cancel(ignored); });
  while (!deadline.passed() && !listen::read_to_end(socket.native_handle())) {
    co_await socket.async_wait(tcp::socket::wait_read, asio::as_tuple(asio::use_awaitable));
  }
  // Not left to its destructor: others may have copies, of which the kernel would go on telling.
  const os::Descriptor closing(socket.release(ignored));
}

}  // namespace icom::supervise
