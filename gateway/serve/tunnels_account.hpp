// Whose the connections are that come out of the tunnels.
#pragma once

#include <optional>

#include "common/config/gateway_settings.hpp"
#include "common/os/users.hpp"

namespace icom::serve {

/// The account of this machine that `tunnel.user` is; nullopt if that is not set, there is no such
/// account (the sshd may be elsewhere), or the machine's directory service does not answer within
/// two seconds.
std::optional<os::UserId> tunnels_account(const config::GatewaySettings& settings);

}  // namespace icom::serve
