// A site's Linacs as the forwarder sees them: their spools, and their listeners' state.
#pragma once

#include "agent/forward/linac_stream.hpp"
#include "common/config/site_settings.hpp"
#include "common/link/link.pb.h"

namespace icom::forward {

/// One stream for each of the site's Linacs, numbered from 1 in the file's order. `files` must
/// outlive them.
LinacStreams open_streams(const config::SiteSettings& site, os::FileSystem& files);

/// What a Status message tells of the accepted Linacs, read from their listeners' status files. A
/// Linac without a readable file is told as not connected.
link::Status listener_status(const LinacStreams& linacs);

}  // namespace icom::forward
