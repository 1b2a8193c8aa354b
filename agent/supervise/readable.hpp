// Whether this account can see what runs at a site: what it cannot read is not absent.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace icom::supervise {

/// Why what runs in this spool directory, but for the listeners, cannot be told, with what to do:
/// "/var/lib/icom/spool: Permission denied; use …". Nothing if it can, or nothing is there.
std::optional<std::string> why_site_cannot_be_told(const std::filesystem::path& spool_directory);
/// The same for the listener of a Linac, whose folder of the spool directory this is.
std::optional<std::string> why_listener_cannot_be_told(const std::filesystem::path& linac_folder);

}  // namespace icom::supervise
