// What the frames of a site's Linacs call their machines, as status tells it.
#pragma once

#include "agent/supervise/site_state.hpp"

namespace icom::supervise {

/// A problem where the frames are another machine's by what this site knows: another of its Linacs
/// is called so, or they called their machine something else before. A note where a machine just
/// has another name than its serial, which may be right.
void judge_machine_names(const LinacState& linac, SiteState& site);

}  // namespace icom::supervise
