// One command at a time on a file.
#pragma once

#include <filesystem>
#include <memory>

#include "common/os/file_system.hpp"

namespace icom::os {

/// Holds `.<name>.lock` beside `file` until the returned object goes; the lock's file stays. Does
/// not wait: throws std::runtime_error, saying what to do, where another process holds it, or the
/// folder cannot be written in. `file` itself need not exist.
[[nodiscard]] std::unique_ptr<File> lock_beside(FileSystem& files,
                                                const std::filesystem::path& file);

}  // namespace icom::os
