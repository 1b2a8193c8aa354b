// The way to the gateway: SSH session, channel, WebSocket.
#pragma once

#include <string>

#include "agent/forward/message_pipe.hpp"
#include "common/config/site_settings.hpp"
#include "common/link/limits.hpp"

namespace icom::forward {

/// Each call makes a new SSH session to the hosting site and a WebSocket to the gateway in it; 15 s
/// for the session, 10 s for the channel, 10 s for the WebSocket. The pipe ends its session.
/// Cancellable.
/// `path`: of the WebSocket, link::kPath or link::kDeskPath.
Connector ssh_connector(config::TunnelSettings tunnel, std::string path = link::kPath);

}  // namespace icom::forward
