// An open file, and what makes one: for the file systems that hold POSIX calls.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "common/os/file_system.hpp"
#include "common/os/handle.hpp"

namespace icom::os {

inline constexpr mode_t kFileMode = 0640;
inline constexpr mode_t kPrivateMode = 0600;
inline constexpr mode_t kFolderMode = 0750;
inline constexpr mode_t kPrivateFolderMode = 0700;

inline std::error_code last_error() {
  return {errno, std::generic_category()};
}

inline std::error_code result(int outcome) {
  return outcome == 0 ? std::error_code{} : last_error();
}

/// A name in a folder that is open, or AT_FDCWD and a path.
struct Place {
  int folder;
  const char* name;
};

/// What a path names: the folder that it is in, which is open, and its name there. What is done by
/// it is done in that one folder, whatever whoever may change the path puts in its way meanwhile.
struct OpenPlace {
  FileHandle folder;
  std::string name;
  [[nodiscard]] Place place() const { return {folder.get(), name.c_str()}; }
};

std::error_code open_place(const std::filesystem::path& path, OpenPlace& opened);

class PosixFile : public File {
 public:
  explicit PosixFile(FileHandle descriptor) : descriptor_(std::move(descriptor)) {}
  std::error_code append(std::span<const Bytes> parts, std::size_t& written) override;
  std::error_code read_at(std::uint64_t offset, std::span<std::byte> buffer,
                          std::size_t& got) override;
  std::error_code sync_data() override;
  std::error_code truncate(std::uint64_t size) override;
  std::error_code size(std::uint64_t& bytes) override;
  std::error_code is_at(const std::filesystem::path& path, bool& here) override;

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

 private:
  FileHandle descriptor_;
};

/// Whether `path` names what is open there. After an error nobody can say.
std::error_code names_descriptor(const std::filesystem::path& path, int descriptor, bool& same);

/// What was just made gets exactly these rights, whatever the umask is: a wide one would show
/// patients to everybody, a narrow one would hide the archive from its readers. The bits that a
/// folder hands down (its group) stay. Does nothing on file systems that have no rights of ours.
void settle_mode(int descriptor, mode_t mode);

/// A new file, for reading and appending. Fails if anything has its name.
std::error_code create_at(Place place, mode_t mode, std::unique_ptr<PosixFile>& file);

/// A regular file that is there, with open()'s `access` (O_RDONLY ...). Nothing else is opened:
/// FileError::not_regular, and FileError::symbolic_link if links are not to be followed.
enum class Links { follow, refuse };
std::error_code open_at(Place place, int access, Links links, FileHandle& opened);

/// As FileSystem::overwrite(), of a file that was opened for writing and not for appending.
std::error_code overwrite_file(int descriptor, Bytes content);

/// Renames; a device, a pipe or a socket under the new name is not replaced.
std::error_code rename_at(Place from, Place to);

/// Makes one folder, and syncs nothing. Fails if anything has its name.
std::error_code make_folder_at(Place place, mode_t mode);

/// Syncs the names in a folder.
std::error_code sync_folder_at(Place place, Links links);

}  // namespace icom::os
