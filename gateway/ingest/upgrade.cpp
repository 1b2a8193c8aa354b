#include "gateway/ingest/upgrade.hpp"

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <tuple>

#include "common/asio/as_tuple.hpp"
#include "common/link/limits.hpp"

namespace icom::ingest {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

namespace {

/// An upgrade request is a few hundred bytes.
constexpr std::size_t kMaxRequest = 8U << 10U;

Purpose purpose_of(const http::request<http::empty_body>& request) {
  if (!websocket::is_upgrade(request)) return Purpose::none;
  if (request.target() == link::kPath) return Purpose::link;
  return request.target() == link::kDeskPath ? Purpose::desk : Purpose::none;
}

/// Until the peer has read what it was sent, and closes: a reset before would take that away.
asio::awaitable<void> wait_for_end(beast::tcp_stream& tcp, std::chrono::milliseconds limit) {
  boost::system::error_code error;
  tcp.socket().shutdown(asio::socket_base::shutdown_send, error);
  tcp.expires_after(limit);
  std::array<char, 512> rest{};
  for (std::size_t read = 0; !error && read <= kMaxRequest;) {
    std::size_t got = 0;
    std::tie(error, got) = co_await tcp.async_read_some(asio::buffer(rest), kAsTuple);
    read += got;
  }
}

}  // namespace

asio::awaitable<Purpose> upgrade(websocket::stream<beast::tcp_stream>& socket,
                                 UpgradeLimits limits) {
  beast::tcp_stream& tcp = socket.next_layer();
  boost::system::error_code ignored;  // without it small messages wait for each other's TCP acks
  tcp.socket().set_option(asio::ip::tcp::no_delay(true), ignored);

  tcp.expires_after(limits.handshake);
  beast::flat_buffer buffer(kMaxRequest);
  http::request<http::empty_body> request;
  const auto [read_error, read_size] = co_await http::async_read(tcp, buffer, request, kAsTuple);
  // A client waits for the answer before it sends more.
  if (read_error || buffer.size() > 0) co_return Purpose::none;
  const Purpose purpose = purpose_of(request);
  if (purpose == Purpose::none) {
    http::response<http::string_body> response{http::status::not_found, request.version()};
    response.body() = kNotAnAgent;
    response.keep_alive(false);
    response.prepare_payload();
    co_await http::async_write(tcp, response, kAsTuple);
    co_await wait_for_end(tcp, limits.handshake);
    co_return Purpose::none;
  }

  tcp.expires_never();  // the WebSocket has timeouts of its own
  websocket::stream_base::timeout timeouts{};
  timeouts.handshake_timeout = limits.handshake;
  timeouts.idle_timeout = limits.dead_peer;  // a ping goes out after half of it
  timeouts.keep_alive_pings = true;
  socket.set_option(timeouts);
  socket.binary(true);
  socket.auto_fragment(false);
  socket.read_message_max(link::kMaxUnprovedBytes);  // whoever it is
  const auto [error] = co_await socket.async_accept(request, kAsTuple);
  co_return error ? Purpose::none : purpose;
}

}  // namespace icom::ingest
