// Whether a process waits for a disk.
#pragma once

#include <cstdint>

namespace icom::os {

/// Whether the first thread of that process, on which its event loop runs, is at this moment in a
/// call that the kernel does not let go of before a disk has answered: not even SIGKILL ends that.
/// False if it cannot be known. Never waits for a disk itself.
bool waits_for_disk(std::int64_t process);

}  // namespace icom::os
