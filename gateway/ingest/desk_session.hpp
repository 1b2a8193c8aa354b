// One request to the desk, and its answer. docs/protocol.md, "The desk".
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>

#include "gateway/ingest/desk.hpp"
#include "gateway/ingest/refusal_log.hpp"

namespace icom::ingest {

/// `socket` is a WebSocket already. Reads a request, has `desk` answer it on `desk_thread`, sends
/// the answer and closes; `refusals` hears of a refusal, and outlives this. The peer has `deadline`
/// for the request, and again for the rest.
boost::asio::awaitable<void> serve_desk(
    boost::beast::websocket::stream<boost::beast::tcp_stream>& socket, Desk& desk,
    boost::asio::any_io_executor desk_thread, RefusalLog& refusals,
    std::chrono::milliseconds deadline);

}  // namespace icom::ingest
