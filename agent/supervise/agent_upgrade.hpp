// The part of icom-agent upgrade that concerns icom-agent run itself.
#pragma once

#include <filesystem>

#include "agent/supervise/agent_file.hpp"

namespace icom::supervise {

enum class AgentUpgrade {
  not_needed,  ///< it runs what is installed, or its own program is not among those it starts
  replaced,    ///< the installed one runs, and takes over whatever runs
  stays,       ///< it cannot be asked, as one of before the channel; said on stderr
  failed,      ///< why is on stderr
};

/// Has the installed icom-agent come in the place of the one that runs, and waits for it. `spool`:
/// the site's spool directory. What is done is said on stdout.
AgentUpgrade upgrade_agent(const std::filesystem::path& spool, const AgentFile& agent);

}  // namespace icom::supervise
