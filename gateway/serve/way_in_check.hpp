// How sites reach the gateway: the sshd's end of their tunnels, and who else reaches the ingest.
#pragma once

#include "common/config/gateway_settings.hpp"
#include "gateway/serve/check_report.hpp"

namespace icom::serve {

/// `tunnel`: whether it is there, and its host keys can be given to sites.
void check_tunnel_end(CheckReport& report, const config::GatewaySettings& settings);

/// Whether `ingest` is open to other machines than this one. One line only if it is. Asks the
/// machine's name service where `ingest` has a name.
void check_ingest_reach(CheckReport& report, const config::Address& ingest);

}  // namespace icom::serve
