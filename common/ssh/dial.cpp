#include "common/ssh/dial.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <string>
#include <tuple>

#include "common/ssh/deadline.hpp"
#include "common/ssh/error.hpp"

namespace icom::ssh {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwaitTuple = boost::asio::as_tuple(boost::asio::use_awaitable);

/// Half-open connections are found by three means, the quickest first: TCP_USER_TIMEOUT while bytes
/// are unacknowledged, TCP keepalive while it is idle, and the link's own ping.
void set_options(tcp::socket& socket, const Limits& limits) {
  // The kernel may not know an option, or limit a buffer: the tunnel works without, so errors are
  // not failures.
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(boost::asio::socket_base::keep_alive(true), ignored);
#ifdef TCP_USER_TIMEOUT
  using UserTimeout = boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;
  socket.set_option(UserTimeout(static_cast<int>(limits.stall.count())), ignored);
#endif
#if defined(TCP_KEEPIDLE) && defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
  using KeepIdle = boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using KeepInterval = boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using KeepCount = boost::asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  constexpr int kIdleSeconds = 15;
  constexpr int kIntervalSeconds = 5;
  constexpr int kProbes = 3;
  socket.set_option(KeepIdle(kIdleSeconds), ignored);
  socket.set_option(KeepInterval(kIntervalSeconds), ignored);
  socket.set_option(KeepCount(kProbes), ignored);
#endif
}

void set_buffers(tcp::socket& socket, int bytes) {
  error_code ignored;
  socket.set_option(boost::asio::socket_base::send_buffer_size(bytes), ignored);
  socket.set_option(boost::asio::socket_base::receive_buffer_size(bytes), ignored);
}

Error failed(const Settings& settings, const std::string& what, const error_code& error,
             bool late) {
  const std::string server = settings.host + ":" + std::to_string(settings.port);
  return late ? Error(Category::timeout, server + ": " + what + " took too long")
              : Error(Category::network, server + ": " + what + " failed: " + error.message());
}

/// A wait that was cancelled from outside ends with the same error as one that a Deadline cut
/// short.
void throw_if_cancelled(const boost::asio::cancellation_state& state) {
  if (state.cancelled() != boost::asio::cancellation_type::none) {
    throw boost::system::system_error(boost::asio::error::operation_aborted);
  }
}

boost::asio::awaitable<tcp::resolver::results_type> resolve(const Settings& settings,
                                                            Deadline::Clock::time_point until) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto resolver = std::make_shared<tcp::resolver>(executor);
  const auto late = std::make_shared<bool>(false);
  const Deadline deadline(executor, until, [resolver, late] {
    *late = true;
    resolver->cancel();
  });
  const std::string port = std::to_string(settings.port);
  auto [error, addresses] = co_await resolver->async_resolve(
      settings.host, port, tcp::resolver::numeric_service, kAwaitTuple);
  throw_if_cancelled(co_await boost::asio::this_coro::cancellation_state);
  if (error) throw failed(settings, "looking up its address", error, *late);
  co_return addresses;
}

}  // namespace

boost::asio::awaitable<tcp::socket> dial(const Settings& settings,
                                         Deadline::Clock::time_point until) {
  const Limits& limits = settings.limits;
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto addresses = co_await resolve(settings, Deadline::earlier(until, limits.resolve));

  const auto socket = std::make_shared<tcp::socket>(executor);
  const auto late = std::make_shared<bool>(false);
  const Deadline deadline(executor, Deadline::earlier(until, limits.connect), [socket, late] {
    *late = true;
    error_code ignored;
    socket->close(ignored);
  });
  error_code error = boost::asio::error::host_not_found;
  for (const auto& address : addresses) {
    if (*late) break;
    error_code ignored;
    socket->close(ignored);
    socket->open(address.endpoint().protocol(), error);
    if (error) continue;
    // The window that TCP may offer is settled while it connects.
    if (limits.socket_buffer > 0) set_buffers(*socket, limits.socket_buffer);
    std::tie(error) = co_await socket->async_connect(address.endpoint(), kAwaitTuple);
    if (!error) break;
  }
  throw_if_cancelled(co_await boost::asio::this_coro::cancellation_state);
  if (error || *late) throw failed(settings, "connecting", error, *late);
  set_options(*socket, limits);
  co_return std::move(*socket);
}

}  // namespace icom::ssh
