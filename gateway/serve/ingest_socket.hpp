// The ingest's listening socket where a service manager holds it:
// deploy/systemd/icom-gateway.socket.
#pragma once

#include <vector>

#include "common/config/address.hpp"
#include "common/os/handle.hpp"

namespace icom::serve {

/// The one of `passed` (os::take_passed_sockets()) that listens at `ingest`; one that is not valid
/// if none was passed. Throws std::runtime_error, saying what to correct, if what was passed is
/// something else: the port that agents are told would be nobody's.
os::Connection ingest_socket(std::vector<os::Connection> passed, const config::Address& ingest);

}  // namespace icom::serve
