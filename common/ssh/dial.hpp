// A TCP connection to the server, set up for a tunnel.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>

#include "common/ssh/settings.hpp"

namespace icom::ssh {

/// Resolves and connects, trying each address in turn. Throws Error (network, timeout).
boost::asio::awaitable<boost::asio::ip::tcp::socket> dial(
    const Settings& settings, std::chrono::steady_clock::time_point until);

}  // namespace icom::ssh
