// Remote forwards that cannot listen at the hosting site, since something else does there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"

namespace icom::config {

/// What is known of the hosting site's machine beside gateway.yaml.
struct ListenGround {
  struct Taken {
    Address at;
    std::string by;  ///< for people: who listens there
  };
  std::vector<Taken> taken = {};
  /// The first port at which an account without rights may listen; 0: not known.
  std::uint32_t first_free_port = 0;
};

/// One for each remote forward of `settings.sites` that is certain to be refused by the machine, or
/// to be kept out by another one: with its place in its site's file, where that is still as it was
/// read. A site goes on without such a forward, so its settings are taken all the same. Where the
/// gateway's own port is not on loopback the sites' sshd may be on another machine: then they are
/// compared with each other alone.
std::vector<Problem> forward_clashes(const GatewaySettings& settings,
                                     const ListenGround& ground = {});

}  // namespace icom::config
