// icom-agent drain and resume. docs/agent.md.
#pragma once

#include <string>
#include <vector>

#include "common/config/site_settings.hpp"

namespace icom::supervise {

struct DrainOptions {
  std::vector<std::string> linacs;  ///< their serials
  bool force = false;               ///< not even the end of a beam is waited for
  bool json = false;
};

/// Until each listener has left its Linac, however long a beam takes; what it waits for goes to
/// stdout. Returns the exit code: 1 if one could not be asked or does not end. Ended earlier, by a
/// signal, it leaves the listeners that have not left running.
int drain(const config::SiteSettings& site, const DrainOptions& options);

/// Takes back that they are not wanted: whoever looks after them starts them. Returns the exit
/// code.
int resume(const config::SiteSettings& site, const std::vector<std::string>& linacs);

}  // namespace icom::supervise
