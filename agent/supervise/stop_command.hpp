// icom-agent stop: what an icom-agent run that is gone has left running. docs/agent.md.
#pragma once

#include <chrono>

#include "common/config/site_settings.hpp"

namespace icom::supervise {

/// Listeners leave their Linacs, each as soon as no beam is on, `within` that time; then the
/// forwarder and the fan-out are stopped. Returns the exit code: 1 if an icom-agent run looks after
/// them, which is to be stopped instead.
int stop_what_was_left(const config::SiteSettings& site, std::chrono::milliseconds within);

}  // namespace icom::supervise
