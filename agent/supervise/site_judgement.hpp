// What is wrong at a site, as it was looked at, and what to do.
#pragma once

#include <filesystem>
#include <optional>

#include "agent/forward/forward_status.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/site_state.hpp"

namespace icom::supervise {

/// Fills SiteState::problems, and what of SiteState::notes is no fault yet, from all the rest.
/// `agent` and `forwarder`: what they told.
void judge(const std::filesystem::path& spool, const std::optional<AgentFile>& agent,
           const std::optional<forward::ForwardStatus>& forwarder, SiteState& site);

}  // namespace icom::supervise
