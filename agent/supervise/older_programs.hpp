// Programs that still run as they were before an upgrade.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/supervise/site_state.hpp"

namespace icom::supervise {

/// By their numbers: 0.9.1 is older than 0.10. Of what is no such version nothing is known: false.
bool is_older(std::string_view version, std::string_view than);

/// A sentence for each thing that is to be done about programs of this site that run and are older
/// than `version`. None: there are none. That they are is no fault: each version works with the
/// next.
std::vector<std::string> notes_on_older_programs(const SiteState& site, std::string_view version);

}  // namespace icom::supervise
