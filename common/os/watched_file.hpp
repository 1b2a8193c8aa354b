// Whether a path still names the file that it named.
#pragma once

#include <filesystem>
#include <system_error>

#include "common/os/handle.hpp"

namespace icom::os {

/// A file that somebody has open. It is held, so that no other file gets its number, but not
/// opened: closing a second descriptor would let go of the process's locks on it. Thread-safe.
class WatchedFile {
 public:
  enum class Found {
    same,
    none,     ///< the path names nothing
    another,  ///< the path names another file
    unknown,  ///< nobody can say: the disk does not, or this account may not look
  };

  /// Of what the path names now, through symbolic links.
  explicit WatchedFile(std::filesystem::path path);

  /// Whether there was one.
  [[nodiscard]] bool valid() const { return held_.valid(); }
  /// One system call while it is the same. `error` says why nothing is known. Where file systems
  /// make up numbers of files (network shares), another number alone does not make another file.
  [[nodiscard]] Found look(std::error_code& error) const;
  /// Some name, anywhere; without one it ends with those who have it open. True where that is not
  /// known.
  [[nodiscard]] bool has_a_name() const;

 private:
  [[nodiscard]] bool is_renumbered(const std::filesystem::path& path) const;

  std::filesystem::path path_;
  FileHandle held_;
  unsigned long long device_ = 0;
  unsigned long long number_ = 0;
};

}  // namespace icom::os
