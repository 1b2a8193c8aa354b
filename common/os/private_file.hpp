// Files that nobody else may read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

#include "common/os/file_system.hpp"

namespace icom::os {

enum class PrivateFileProblem {
  none,
  unreadable,     ///< missing, or not ours to read: see `error`
  not_a_file,     ///< a folder, a pipe, a device
  too_large,      ///< more than kMaxPrivateFile
  open_to_others  ///< group or others have some right to it
};

inline constexpr std::size_t kMaxPrivateFile = 64U << 10U;

struct PrivateFile {
  PrivateFileProblem problem = PrivateFileProblem::none;
  std::error_code error;
  std::string rights;   ///< `mode 0644`: as people of this system know them
  std::string content;  ///< empty if there is a problem
};

/// Looks at the rights of the very file that it reads, so nobody can swap it in between. Never
/// waits, not even on a pipe.
[[nodiscard]] PrivateFile read_private_file(const std::filesystem::path& path);

/// Whether nobody but the file's owner and, for Access::group, its group can read it, and nobody
/// but the owner can write it. Follows links. After an error nobody can say.
std::error_code is_private(const std::filesystem::path& file, Access readers, bool& is);

/// What its owner is to do to make a file so: `chmod 600 FILE`. `file`: its name, or `it`.
std::string how_to_make_private(Access readers, const std::string& file);

}  // namespace icom::os
