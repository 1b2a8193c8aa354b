// What another process of this machine runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace icom::os {

/// Its program and its arguments, as it was started, in UTF-8. Empty if there is no such process,
/// or the machine does not say. A process may have ended, and another have got its number, when
/// this returns.
std::vector<std::string> process_command(std::int64_t process);

/// All that this one can see, but those of containers, which have files of their own under the same
/// paths.
std::vector<std::int64_t> processes();

}  // namespace icom::os
