// Which addresses are those of this machine.
#pragma once

#include <boost/asio/ip/address.hpp>

namespace icom::os {

/// An IPv4-mapped IPv6 address as the IPv4 address, and one of a link (fe80::) without the link
/// that it names: the two ends of a connection may see either differently.
boost::asio::ip::address plain(const boost::asio::ip::address& address);

/// An interface of this machine (of this network namespace) has it, or it is of loopback. True as
/// well where that cannot be told. The time that it takes grows with the number of addresses.
/// Thread-safe.
bool is_of_this_machine(const boost::asio::ip::address& address);

}  // namespace icom::os
