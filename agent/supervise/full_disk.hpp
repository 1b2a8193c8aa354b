// Whether a site's disk has room: who waits for room does not hang, and is not to be killed.
#pragma once

#include <filesystem>
#include <string>

namespace icom::supervise {

/// "the disk of /var/spool/icom is full (0 bytes are left)"; empty: it has room, or cannot be
/// asked. A status file needs a few KiB, so whoever writes one there cannot tell of itself
/// meanwhile.
std::string why_no_room(const std::filesystem::path& spool_directory);

/// "the spool takes no entries, 83 wait: No space left on device", in the words of the listener
/// that runs there; empty: it says nothing of the kind, or does not answer. Waits for a second at
/// most.
std::string why_spool_refuses(const std::filesystem::path& linac_folder);

}  // namespace icom::supervise
