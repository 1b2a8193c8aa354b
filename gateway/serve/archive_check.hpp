// What `icom-gateway check` says of PyMedPhys' tree.
#pragma once

#include "common/config/gateway_settings.hpp"
#include "gateway/serve/check_report.hpp"

namespace icom::serve {

/// Its folders; for the gateway's account. Waits for the share, and not for long.
void check_archive(CheckReport& report, const config::GatewaySettings& settings);

/// What PyMedPhys cannot tell apart in one tree, and what it does not have yet.
void check_shared_names(CheckReport& report, const config::GatewaySettings& settings);

}  // namespace icom::serve
