// Sockets that a service manager holds and passes on: systemd's socket activation, as
// sd_listen_fds(3) describes it.
#pragma once

#include <vector>

#include "common/os/handle.hpp"

namespace icom::os {

/// Those that were passed to this process, in their order; none, if it was started without. Each is
/// closed on exec. Call once, before there are threads that read the environment: it is changed, so
/// that no child takes them for its own.
std::vector<Connection> take_passed_sockets();

}  // namespace icom::os
