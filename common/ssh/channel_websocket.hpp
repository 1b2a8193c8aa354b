// What boost::beast::websocket::stream<Channel> looks up by argument: how to end a Channel, gently
// and at once.
#pragma once

#include <boost/asio/compose.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <utility>

#include "common/ssh/channel.hpp"

namespace icom::ssh {

/// Beast calls this when a websocket timeout strikes.
void beast_close_socket(Channel& channel);

/// After the closing handshake: no more bytes from us, then wait for the peer's end, then close.
/// Its time is bounded by the websocket's own handshake timeout. Completes with no error if the
/// peer has ended too.
template <typename Handler>
void async_teardown(boost::beast::role_type role, Channel& channel, Handler&& handler);

/// The synchronous form that Beast requires to exist; channels have no synchronous operations, so
/// it only closes.
void teardown(boost::beast::role_type role, Channel& channel, boost::system::error_code& error);

}  // namespace icom::ssh

#include "common/ssh/channel_websocket_impl.hpp"
