// What `icom-gateway check` says of the sshd through which sites come in.
#pragma once

#include <filesystem>

#include "common/config/gateway_settings.hpp"
#include "gateway/serve/check_report.hpp"
#include "gateway/serve/sshd_settings.hpp"

namespace icom::serve {

/// For root: nobody else can have sshd say what its settings are. What another account is kept from
/// is left out, and named. Nothing where `tunnel` is not set. Of a sshd that may be on another
/// machine nothing is said but that.
/// Waits for sshd and the machine's directory service, and for neither longer than some seconds.
void check_sshd(CheckReport& report, const config::GatewaySettings& settings,
                const SshdProgram& sshd = {});

}  // namespace icom::serve
