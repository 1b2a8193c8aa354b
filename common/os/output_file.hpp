// A file that a person asks a command for by its name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <ostream>

#include "common/os/file_system.hpp"

namespace icom::os {

/// Throws std::runtime_error, saying what to do, unless `path` names a regular file or nothing. A
/// command that runs as root must not put a file in the place of a device, nor write through a
/// symbolic link that somebody else has laid.
void require_file_or_nothing(const std::filesystem::path& path);

/// What is written goes to a file of its own beside `path` (`.icom-<16 hex digits>.tmp`, mode
/// 0640, of the caller's own group, or 0600), which takes the name once it is whole and on the
/// disk. Until then what has the name stays as it is; whatever goes wrong, nothing is removed but
/// that file. For one thread.
class OutputFile {
 public:
  /// Makes the file beside. Throws as require_file_or_nothing() does, and where the folder cannot
  /// be written in.
  OutputFile(FileSystem& files, std::filesystem::path path);
  /// Removes the file beside unless finish() has returned.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Gives it the owner, the group and the mode of another file, before anything is in it.
  std::error_code copy_rights(const std::filesystem::path& from);
  /// What cannot be written fails finish().
  std::ostream& stream();
  /// Gives the file its name. Throws std::runtime_error. Once, after everything was written.
  void finish();

 private:
  class Buffer;
  [[noreturn]] void fail(std::error_code error) const;

  FileSystem& files_;
  const std::filesystem::path path_;
  const std::filesystem::path beside_;
  std::unique_ptr<File> file_;
  std::unique_ptr<Buffer> buffer_;
  std::unique_ptr<std::ostream> stream_;
  bool finished_ = false;
};

}  // namespace icom::os
