// What `icom-gateway check` says of those who may read what is recorded.
#pragma once

#include "common/config/gateway_settings.hpp"
#include "gateway/serve/check_report.hpp"

namespace icom::serve {

/// For the gateway's account. Waits for the directory service and the archive's share, and for
/// neither longer than a few seconds.
void check_readers(CheckReport& report, const config::GatewaySettings& settings);

}  // namespace icom::serve
