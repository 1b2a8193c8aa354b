// What another process of this machine runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace icom::os {

using ProcessNumber = std::int64_t;

/// Its program and its arguments, as it was started, in UTF-8. Empty if there is no such process,
/// or the machine does not say. A process may have ended, and another have got its number, when
/// this returns.
std::vector<std::string> process_command(ProcessNumber process);

/// Where it works: what its relative paths start from. Empty if there is no such process, or this
/// account may not know.
std::filesystem::path process_folder(ProcessNumber process);

/// All that this one can see, but those of containers, which have files of their own under the same
/// paths.
std::vector<std::int64_t> processes();

}  // namespace icom::os
