// Where an enrolment writes what a site is known by, and that this harms nothing that stands there.
#pragma once

#include <filesystem>

#include "common/config/site_settings.hpp"

namespace icom::enrol {

/// For a site's file that came from the gateway: its key, known_hosts and token are files of their
/// own in `folder`, or in a folder below it, whatever links there are. Throws EnrolmentError.
void require_inside(const config::TunnelSettings& tunnel, const std::filesystem::path& folder);

/// What stands where the key and the token are to go is a key and a token, and of somebody who may
/// write beside it: the owner of its folder. `site_file` is not one of the three. Throws
/// EnrolmentError.
void require_ours(const config::TunnelSettings& tunnel, const std::filesystem::path& site_file);

}  // namespace icom::enrol
