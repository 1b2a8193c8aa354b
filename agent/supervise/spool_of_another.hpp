// What was received under a mistyped serial, for the Linac that it is of.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/config/site_settings.hpp"
#include "common/os/file_system.hpp"

namespace icom::supervise {

/// Why the spool of the Linac `from`, which `site` does not have any more, cannot become that of
/// `to`: with what to do. Nothing if it can.
std::optional<std::string> why_spool_stays(os::FileSystem& files, const config::SiteSettings& site,
                                           const std::string& from, const std::string& to);

/// Makes it so, all of it at once: frames, marks and what was not sent yet. Nothing in a spool
/// names its Linac but the folder's name. For a command: root acts for the spool directory's owner.
/// Throws std::runtime_error, saying what to do, if it cannot be; all is as it was then.
void give_spool(os::FileSystem& files, const config::SiteSettings& site, const std::string& from,
                const std::string& to);

}  // namespace icom::supervise
