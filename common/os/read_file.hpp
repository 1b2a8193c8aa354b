// A whole file, read through a FileSystem: as each reader here does, so that others may replace and
// remove it meanwhile wherever the operating system lets them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include "common/os/file_system.hpp"

namespace icom::os {

/// What a regular file holds, `most_bytes` at most: of a larger one std::errc::file_too_large.
/// After an error `content` is empty.
std::error_code read_file(FileSystem& files, const std::filesystem::path& file,
                          std::uint64_t most_bytes, std::string& content);

}  // namespace icom::os
