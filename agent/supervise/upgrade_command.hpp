// icom-agent upgrade. docs/agent.md, "Upgrading".
#pragma once

#include <string>
#include <vector>

#include "common/config/site_settings.hpp"

namespace icom::supervise {

/// Has the running `icom-agent run` start new listeners that take over from those that run, and
/// waits until they have, or have not. Returns the exit code: 1 if a Linac's listener is the old
/// one still.
int upgrade(const config::SiteSettings& site, const std::vector<std::string>& linacs);

}  // namespace icom::supervise
