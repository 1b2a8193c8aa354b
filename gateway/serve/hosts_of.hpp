// The Linacs' addresses, for the archive.
#pragma once

#include "common/config/gateway_settings.hpp"
#include "gateway/archive/live_folder.hpp"

namespace icom::serve {

archive::Hosts hosts_of(const config::GatewaySettings& settings);

}  // namespace icom::serve
