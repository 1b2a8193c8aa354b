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
#include "gateway/ingest/site_turns.hpp"

namespace icom::ingest {

/// What all requests share. All of it outlives them.
struct DeskWork {
  Desk& desk;
  boost::asio::any_io_executor thread;  ///< that the desk is asked on
  SiteTurns& turns;                     ///< of whoever has proved himself
  RefusalLog& refusals;
};

/// The session that a request comes through. The site is that of the peer's hello.
struct DeskCaller {
  Origin origin;
  /// It has named a site that may be asked about, and proved nothing.
  std::function<void(const std::string& site)> named;
  std::function<void(const std::string& site)> proved;
  /// Ends the connection.
  std::function<void()> drop;
  /// Whether that was done, by whomever. Called from any thread.
  std::function<bool()> is_dropped;
};

/// `socket` is a WebSocket already. Has the peer prove that it knows a secret, proves the same to
/// it, reads a request, has the desk answer it once it is the site's turn, sends the answer and
/// closes. The peer has `deadline` for the proof, for the request with its turn, and for the
/// answer. The desk is not asked for a connection that was dropped before: whoever makes many has
/// done only what his site's places hold, and none is left to be done where the gateway ends.
boost::asio::awaitable<void> serve_desk(
    boost::beast::websocket::stream<boost::beast::tcp_stream>& socket, DeskWork work,
    DeskCaller caller, std::chrono::milliseconds deadline);

}  // namespace icom::ingest
