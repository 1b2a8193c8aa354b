// icom-agent upgrade. docs/agent.md, "Upgrading".
#pragma once

#include <string>
#include <vector>

#include "common/config/site_settings.hpp"

namespace icom::supervise {

/// Has the running `icom-agent run` start new listeners that take over from those that run, and
/// waits until they have, or have not; then has the forwarder and the fan-out replaced where the
/// installed ones are others. A fan-out with clients is left, unless `cut_clients`. Returns the
/// exit code: 1 if one of them is the old one still, but for a fan-out that is left for its
/// clients.
int upgrade(const config::SiteSettings& site, const std::vector<std::string>& linacs,
            bool cut_clients);

}  // namespace icom::supervise
