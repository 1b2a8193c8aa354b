#include "agent/supervise/keeper.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "agent/listen/descriptor_passing.hpp"
#include "agent/listen/goodbye.hpp"
#include "common/asio/as_tuple.hpp"
#include "common/asio/deadline.hpp"

namespace icom::supervise {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// A listener that waits for a disk longer than this, and reads nothing meanwhile, is one that
/// hangs as far as its Linac is concerned: the kernel holds half a minute of the stream.
constexpr std::chrono::seconds kBusyAtMost{20};

}  // namespace

Keeper::Keeper(const asio::any_io_executor& executor, os::Connection left, bool heir)
    : ends_(listen::descriptor_channel()), socket_(executor), held_(std::move(left)) {
  const bool heard = listen::send_descriptor(ends_[0].get(), listen::kWantsBeats, held_.get());
  offered_ = held_.valid() && heard;
  if (heir) listen::send_descriptor(ends_[0].get(), listen::kHeir, listen::kNoDescriptor);
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
  os::Connection said;
  while (socket_.is_open() && listen::receive_descriptor(socket_.native_handle(), with, said)) {
    spoken_ = true;
    busy_until_ = {};
    if (with == listen::kAlive) {
      beats_ = true;
    } else if (with == listen::kBusy) {
      busy_until_ = std::chrono::steady_clock::now() + kBusyAtMost;
    } else if (with == listen::kWhatIsLeft) {
      asked_ = true;
      answer();
    } else {
      std::swap(held_, said);
      let_go_of(socket_.get_executor(), std::move(said), held_.get());
      silent_ = false;
    }
  }
}

void Keeper::answer() {
  if (!settled_ || !std::exchange(asked_, false)) return;
  const bool heard = listen::send_descriptor(socket_.native_handle(), listen::kKept, held_.get());
  offered_ = held_.valid() && heard;
}

bool Keeper::gives_sign_of_life() {
  hear();
  const bool spoken = std::exchange(spoken_, false);
  return spoken || !beats_ || std::chrono::steady_clock::now() < busy_until_;
}

bool Keeper::waits_to_be_taken() {
  hear();
  return offered_ && silent_ && held_.valid();
}

os::Connection Keeper::release() {
  hear();
  return std::move(held_);
}

void Keeper::inherit(os::Connection held) {
  hear();
  if (silent_ && held.valid()) std::swap(held_, held);
  let_go_of(socket_.get_executor(), std::move(held), held_.get());
  settled_ = true;
  answer();
}

bool Keeper::waits_for_first_word() {
  hear();
  return silent_ && held_.valid();
}

void let_go_of(const asio::any_io_executor& executor, os::Connection copy,
               os::NativeSocket in_use) {
  if (!copy.valid() || listen::same_connection(copy.get(), in_use)) return;
  if (!listen::can_go_on(copy.get())) return;
  spdlog::warn("a connection was kept that nobody reads any more: FIN");
  listen::say_fin(copy.get());
  asio::co_spawn(executor, say_goodbye(std::move(copy)), asio::detached);
}

asio::awaitable<void> say_goodbye(os::Connection connection) {
  listen::say_fin(connection.get());
  const auto executor = co_await asio::this_coro::executor;
  const bool ipv6 = listen::is_ipv6(connection.get());
  tcp::socket socket(executor, ipv6 ? tcp::v6() : tcp::v4(), connection.release());
  boost::system::error_code ignored;
  const Deadline deadline(executor, listen::kGoodbye, [&] { socket.cancel(ignored); });
  while (!deadline.passed() && !listen::read_to_end(socket.native_handle())) {
    co_await socket.async_wait(tcp::socket::wait_read, kAsTuple);
  }
  // Not left to its destructor: others may have copies, of which the kernel would go on telling.
  const os::Connection closing(socket.release(ignored));
}

}  // namespace icom::supervise
