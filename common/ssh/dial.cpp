#include "common/ssh/dial.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <optional>
#include <string>

#include "common/asio/tcp_dial.hpp"
#include "common/os/dead_peer.hpp"
#include "common/ssh/error.hpp"
#include "common/ssh/way_text.hpp"

namespace icom::ssh {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// Half-open connections are found by three means, the quickest first: TCP_USER_TIMEOUT while bytes
/// are unacknowledged, TCP keepalive while it is idle, and the link's own ping.
void set_options(tcp::socket& socket, const Limits& limits) {
  // The kernel may not know an option, or limit a buffer: the tunnel works without, so errors are
  // not failures.
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  os::end_when_peer_is_dead(socket.native_handle(), limits.stall);
}

/// Many networks know nothing of it, and some hosts forbid it: no failure.
void set_traffic(tcp::socket& socket, Traffic traffic) {
  constexpr int kAf21 = 0x48;
  constexpr int kCs1 = 0x20;
  const int value = traffic == Traffic::bulk ? kCs1 : kAf21;
  error_code ignored;
  const bool ipv6 = socket.remote_endpoint(ignored).protocol() == tcp::v6();
#ifdef IP_TOS
  using Tos = boost::asio::detail::socket_option::integer<IPPROTO_IP, IP_TOS>;
  if (!ipv6) socket.set_option(Tos(value), ignored);
#endif
#ifdef IPV6_TCLASS
  using TrafficClass = boost::asio::detail::socket_option::integer<IPPROTO_IPV6, IPV6_TCLASS>;
  if (ipv6) socket.set_option(TrafficClass(value), ignored);
#endif
}

void set_buffers(tcp::socket& socket, int bytes) {
  error_code ignored;
  socket.set_option(boost::asio::socket_base::send_buffer_size(bytes), ignored);
  socket.set_option(boost::asio::socket_base::receive_buffer_size(bytes), ignored);
}

std::string text_of(const DialFailure& failure, const Settings& settings) {
  namespace error = boost::asio::error;
  const std::string where = settings.host + ":" + std::to_string(settings.port);
  if (failure.step == DialFailure::Step::look_up) {
    return no_address_text(settings.host, failure.error.message(),
                           "correct tunnel.host in the site's file");
  }
  if (failure.late || failure.error == error::timed_out) return no_answer_text(where);
  if (failure.error == error::connection_refused) return connection_refused_text(where);
  return unreachable_text(where, failure.error.message());
}

}  // namespace

boost::asio::awaitable<tcp::socket> dial(const Settings& settings,
                                         std::chrono::steady_clock::time_point until) {
  const Limits& limits = settings.limits;
  // The window that TCP may offer is settled while it connects.
  const auto prepare = [bytes = limits.socket_buffer](tcp::socket& socket) {
    if (bytes > 0) set_buffers(socket, bytes);
  };
  const DialLimits steps{limits.resolve, limits.connect};
  std::optional<Error> error;
  try {
    tcp::socket socket = co_await dial_tcp(settings.host, settings.port, until, steps, prepare);
    set_options(socket, limits);
    set_traffic(socket, settings.traffic);
    co_return socket;
  } catch (const DialFailure& failure) {
    error.emplace(failure.late ? Category::timeout : Category::network, text_of(failure, settings));
  }
  throw Error(*error);
}

}  // namespace icom::ssh
