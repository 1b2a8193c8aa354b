// A site's Linacs as the forwarder sees them: their spools, and their listeners' state.
#pragma once

#include "agent/forward/linac_stream.hpp"
#include "common/config/site_settings.hpp"
#include "common/link/link.pb.h"

namespace icom::forward {

/// Makes `streams` what `site` says: one for each of its Linacs. One that is there stays as it is;
/// one of a Linac that was removed stays until its spool is empty. A spool that was left in the
/// spool directory by a Linac that is not in the settings any more gets one, too: nothing that was
/// received is to lie there for good. Only while no session is under way. `files` must outlive
/// them.
void change_streams(LinacStreams& streams, const config::SiteSettings& site, os::FileSystem& files);

/// What a Status message tells of the accepted Linacs, read from their listeners' status files. A
/// Linac without a readable file is told as not connected.
link::Status listener_status(const LinacStreams& linacs);

}  // namespace icom::forward
