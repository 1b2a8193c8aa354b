#include "agent/listen/late_connections.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "agent/listen/goodbye.hpp"
#include "common/asio/as_tuple.hpp"
#include "common/asio/deadline.hpp"

namespace icom::listen {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

/// Bytes read in a row, before the connection that counts gets its turn: no more than of that one.
constexpr std::size_t kReadAtOnce = std::size_t{512} << 10U;

}  // namespace

/// Outlives its owner in the coroutine that reads it.
struct LateConnections::One {
  explicit One(tcp::socket connection)
      : socket(std::move(connection)), burst(socket.get_executor()) {}

  LateConnections* owner = nullptr;  ///< nullptr: it is over, or another listener's
  tcp::socket socket;
  asio::steady_timer burst;
  std::uint64_t number = 0;
  Clock::time_point until;
  std::optional<Clock::time_point> fin_arrived;

  /// Has its coroutine look at what has changed.
  void wake() {
    boost::system::error_code ignored;
    if (socket.is_open()) socket.cancel(ignored);
    burst.cancel();
  }
};

LateConnections::LateConnections(asio::io_context& io, const ListenerTimings& timings,
                                 StreamSink& sink)
    : io_(io), timings_(timings), sink_(sink), ended_(io.get_executor()) {}

LateConnections::~LateConnections() {
  release();
}

std::uint64_t LateConnections::take(tcp::socket connection) {
  if (all_.size() == kMost) finish(std::shared_ptr<One>(all_.front()));
  const auto one = std::make_shared<One>(std::move(connection));
  one->number = ++last_number_;
  start(one);
  return one->number;
}

std::uint64_t LateConnections::adopt(os::Connection connection) {
  if (all_.size() == kMost) return 0;
  tcp::socket socket(io_);
  const bool ipv6 = is_ipv6(connection.get());
  boost::system::error_code none;
  socket.assign(ipv6 ? tcp::v6() : tcp::v4(), connection.get(), none);
  if (none) return 0;
  connection.release();
  socket.non_blocking(true, none);
  socket.set_option(asio::socket_base::out_of_band_inline(true), none);
  return take(std::move(socket));
}

void LateConnections::start(const std::shared_ptr<One>& one) {
  one->owner = this;
  one->until = Clock::now() + timings_.late;
  // A little longer than we look at it: the kernel answers with a reset once it has given up.
  repeat_fin_for(one->socket.native_handle(), timings_.late + std::chrono::minutes(1));
  all_.push_back(one);
  asio::co_spawn(io_, read(one), asio::detached);
}

void LateConnections::stop() {
  stopping_ = true;
  for (const auto& one : all_) {
    one->until = std::min(one->until, Clock::now() + timings_.drain);
    one->wake();
  }
}

asio::awaitable<void> LateConnections::ended() {
  while (!all_.empty()) co_await ended_.wait_until(Clock::time_point::max());
}

std::vector<LateConnections::Released> LateConnections::release() {
  std::vector<Released> released;
  for (const auto& one : all_) {
    one->owner = nullptr;
    one->burst.cancel();
    boost::system::error_code gone;
    released.push_back({one->number, os::Connection(one->socket.release(gone))});
  }
  all_.clear();
  return released;
}

/// `one->owner` is to be looked at after each wait.
asio::awaitable<void> LateConnections::read(std::shared_ptr<One> one) {
  for (bool over = false; !over;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(one->until - Clock::now());
    if (left <= left.zero()) break;
    {
      const Deadline deadline(one->socket.get_executor(), left, [&one] { one->wake(); });
      const auto [error] = co_await one->socket.async_wait(tcp::socket::wait_read, kAsTuple);
      if (one->owner == nullptr) co_return;
      // stop(), or the time is over; any other error is told by the read that follows.
      if (error == asio::error::operation_aborted) continue;
    }
    if (!one->owner->stopping_) {
      // What a line that comes back brings at once is handed on as one.
      one->burst.expires_after(one->owner->timings_.pause);
      co_await one->burst.async_wait(kAsTuple);
      if (one->owner == nullptr) co_return;
    }
    bool more = true;
    while (more && !over) {
      over = one->owner->read_available(*one, more);
      if (!more || over) break;
      co_await asio::post(asio::use_awaitable);
      if (one->owner == nullptr) co_return;
    }
  }
  if (one->owner != nullptr) one->owner->finish(one);
}

/// True: nothing more comes, or it is not to be waited for. `more`: there may be more at once.
bool LateConnections::read_available(One& one, bool& more) {
  ByteVector bytes;
  bool over = false;
  while (!over && bytes.size() < kReadAtOnce) {
    std::array<std::byte, std::size_t{32} << 10U> room;
    boost::system::error_code error;
    const std::size_t count = one.socket.read_some(asio::buffer(room), error);
    bytes.insert(bytes.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count));
    if (error == asio::error::would_block || error == asio::error::try_again) break;
    over = error && error != asio::error::interrupted;
  }
  more = bytes.size() >= kReadAtOnce;
  if (!bytes.empty()) sink_.late(one.number, bytes);
  if (!bytes.empty() && fin_has_arrived(one.socket.native_handle())) {
    // One that never looks at our FIN has us as a client in addition to the next connection.
    if (!one.fin_arrived) one.fin_arrived = Clock::now();
    over = over || Clock::now() - *one.fin_arrived >= timings_.late_unheeded;
  }
  return over;
}

void LateConnections::finish(const std::shared_ptr<One>& one) {
  one->owner = nullptr;
  one->burst.cancel();
  sink_.late_over(one->number);
  boost::system::error_code ignored;
  const os::Connection closing(one->socket.release(ignored));
  all_.remove(one);
  ended_.ring();
}

}  // namespace icom::listen
