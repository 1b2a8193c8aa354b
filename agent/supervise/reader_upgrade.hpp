// icom-agent upgrade, of the programs that read a site's spools: the forwarder and the fan-out.
#pragma once

#include "agent/supervise/process_host.hpp"
#include "common/config/site_settings.hpp"

namespace icom::supervise {

/// Ends those that run another program than the one that is installed now, so that icom-agent run,
/// which must be there, starts that one; waits until it has, and says on stdout and stderr what has
/// become of each. A fan-out with clients is ended only if these may be cut off, and one that is
/// left for them is no failure. Where it cannot be told which program one runs, it is taken for
/// another: to end it costs nothing. False: one of them is not the installed program, and should
/// be.
bool upgrade_readers(const config::SiteSettings& site, ProcessHost& host, bool cut_clients);

}  // namespace icom::supervise
