// The host keys of this machine's sshd, as gateway.yaml names them.
#pragma once

#include <string>
#include <vector>

#include "common/config/gateway_settings.hpp"

namespace icom::registration {

/// Those that an agent can check, as a line of known_hosts has them; at least one. Throws
/// RegistrationError: which file is no public host key, or that none of them is of use to an agent.
std::vector<std::string> host_keys(const config::TunnelEndSettings& tunnel);

}  // namespace icom::registration
