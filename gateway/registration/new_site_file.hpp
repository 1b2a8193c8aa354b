// The YAML of a site that has just been added.
#pragma once

#include <string>

#include "common/config/gateway_settings.hpp"

namespace icom::registration {

/// With comments, no Linac yet, and the tunnel as gateway.yaml has it. Paths of keys and the token
/// are relative, so that the file does at the site whatever its folder is there. `site` and
/// `timezone` are valid; the settings have a tunnel.
std::string new_site_file(const std::string& site, const std::string& timezone,
                          const config::GatewaySettings& settings);

}  // namespace icom::registration
