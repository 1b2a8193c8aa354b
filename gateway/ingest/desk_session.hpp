// One request to the desk, and its answer. docs/protocol.md, "The desk".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <functional>

#include "gateway/ingest/desk.hpp"
#include "gateway/ingest/origin.hpp"
#include "gateway/ingest/refusal_log.hpp"

namespace icom::ingest {

/// Told of a request's peer, of the site in its hello.
struct DeskProgress {
  /// It has named a site that may be asked about, and proved nothing.
  std::function<void(const std::string& site)> named = [](const std::string&) {};
  std::function<void(const std::string& site)> proved = [](const std::string&) {};
};

/// `socket` is a WebSocket already. Has the peer prove that it knows a secret, proves the same to
/// it, reads a request, has `desk` answer it on `desk_thread`, sends the answer and closes;
/// `refusals` hears of a refusal, and from whom, and outlives this. The peer has `deadline` for the
/// proof, after which `progress` hears of it, for the request, and for the answer.
boost::asio::awaitable<void> serve_desk(
    boost::beast::websocket::stream<boost::beast::tcp_stream>& socket, Desk& desk,
    boost::asio::any_io_executor desk_thread, RefusalLog& refusals, Origin origin,
    std::chrono::milliseconds deadline, DeskProgress progress);

}  // namespace icom::ingest
