// The kernel's tables of TCP sockets: texts as /proc/net/tcp and /proc/net/tcp6 have them.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string_view>

#include "common/asio/socket_owner.hpp"

namespace icom {

/// The socket in `table` whose own end is `own` and whose peer is `peer`. Lines that are not
/// understood are passed over.
std::optional<SocketOwner> connected_in(std::string_view table,
                                        const boost::asio::ip::tcp::endpoint& own,
                                        const boost::asio::ip::tcp::endpoint& peer);

/// Whether a socket in `table` is connected to `peer`.
bool is_connected_in(std::string_view table, const boost::asio::ip::tcp::endpoint& peer);

/// The account of the socket in `table` that listens at exactly `endpoint`.
std::optional<os::UserId> listening_in(std::string_view table,
                                       const boost::asio::ip::tcp::endpoint& endpoint);

/// As connected_in(), of this machine's tables.
std::optional<SocketOwner> connected_in_tables(const boost::asio::ip::tcp::endpoint& own,
                                               const boost::asio::ip::tcp::endpoint& peer);

}  // namespace icom
