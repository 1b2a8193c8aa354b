// The folder that a file is in, also where only its name is given.
#pragma once

#include <filesystem>

namespace icom::os {

/// std::filesystem's parent_path() of a plain name is empty, and no call of the operating system
/// takes that for the current folder. Never empty.
inline std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace icom::os
