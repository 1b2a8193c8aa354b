// Which program another process of this machine runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace icom::os {

/// Whether it runs what the file `program` is now, and not what was there before: a file that was
/// replaced is another one, though the process goes on under its name. nullopt: that cannot be
/// told, since one of them is not there, or this account may not look. Thread-safe.
std::optional<bool> runs_program(std::int64_t process, const std::filesystem::path& program);

}  // namespace icom::os
