// Reading a file that nobody else may read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <system_error>

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
  unsigned permissions = 0;  ///< as in `chmod`
  std::string content;       ///< empty if there is a problem
};

/// Looks at the rights of the very file that it reads, so nobody can swap it in between. Never
/// waits, not even on a pipe.
[[nodiscard]] PrivateFile read_private_file(const std::filesystem::path& path);

}  // namespace icom::os
