// From a TCP connection to a WebSocket: the part of a session before its first message.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <cstdint>

namespace icom::ingest {

/// What anybody else but an agent gets to read, by HTTP; `icom-gateway check` knows a running
/// gateway by it.
inline constexpr const char* kNotAnAgent =
    "The ingest port of icom-gateway. Agents connect here, nobody else.\n";

struct UpgradeLimits {
  std::chrono::milliseconds handshake;  ///< for the request, and again for the answer to it
  std::chrono::milliseconds dead_peer;  ///< from then on, as link::kDeadPeer
};

/// What a peer comes for.
enum class Purpose : std::uint8_t { none, link, desk };

/// `socket` is now a WebSocket, set up for the link or the desk. `none` if the peer is none of
/// ours: it has had an answer.
boost::asio::awaitable<Purpose> upgrade(
    boost::beast::websocket::stream<boost::beast::tcp_stream>& socket, UpgradeLimits limits);

}  // namespace icom::ingest
