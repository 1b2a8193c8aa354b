// From a TCP connection to an authenticated session.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "common/ssh/engine.hpp"
#include "common/ssh/known_hosts.hpp"
#include "common/ssh/private_key.hpp"
#include "common/ssh/settings.hpp"

namespace icom::ssh {

/// Banner, key exchange, and the check of the host key against what is pinned. Throws Error.
boost::asio::awaitable<void> shake_hands(Engine& engine, const Settings& settings,
                                         const KnownHosts& known_hosts,
                                         std::chrono::steady_clock::time_point until);

/// Throws Error.
boost::asio::awaitable<void> authenticate(Engine& engine, const Settings& settings,
                                          const PrivateKey& key,
                                          std::chrono::steady_clock::time_point until);

}  // namespace icom::ssh
