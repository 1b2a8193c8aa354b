// The kernel's tables of TCP sockets: texts as /proc/net/tcp and /proc/net/tcp6 have them.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "common/os/socket_owner.hpp"

namespace icom::os {

/// The socket in `table` whose own end is `own` and whose peer is `peer`. Lines that are not
/// understood are passed over.
std::optional<SocketOwner> connected_in(std::string_view table,
                                        const boost::asio::ip::tcp::endpoint& own,
                                        const boost::asio::ip::tcp::endpoint& peer);

/// Whether a socket in `table` is connected to `peer`, or connects. Of an address of a link:
/// whether it is connected, to that address of any link.
bool is_connected_in(std::string_view table, const boost::asio::ip::tcp::endpoint& peer);

/// The own ends of the sockets in `table` that are connected to `peer`; of an address of a link
/// none.
std::vector<boost::asio::ip::tcp::endpoint> connected_ends_in(
    std::string_view table, const boost::asio::ip::tcp::endpoint& peer);

/// The account of the socket in `table` that listens at exactly `endpoint`.
std::optional<UserId> listening_in(std::string_view table,
                                   const boost::asio::ip::tcp::endpoint& endpoint);

/// As connected_in(), of this machine's tables.
std::optional<SocketOwner> connected_in_tables(const boost::asio::ip::tcp::endpoint& own,
                                               const boost::asio::ip::tcp::endpoint& peer);

}  // namespace icom::os
