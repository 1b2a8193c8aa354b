// The file operations that durability depends on, behind an interface, so that tests can make each
// of them fail.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "common/icom/bytes.hpp"

namespace icom::os {

/// An open file. append() and sync_data() may be called at the same time from two threads;
/// everything else from one.
class File {
 public:
  virtual ~File() = default;
  /// Writes all of `parts`, one after the other, at the end of the file. After an error an unknown
  /// part of them may be there; `written` tells how many bytes are.
  virtual std::error_code append(std::span<const Bytes> parts, std::size_t& written) = 0;
  /// Reads up to buffer.size() bytes from `offset`; `got` is less only at the end of the file.
  virtual std::error_code read_at(std::uint64_t offset, std::span<std::byte> buffer,
                                  std::size_t& got) = 0;
  virtual std::error_code sync_data() = 0;
  virtual std::error_code truncate(std::uint64_t size) = 0;
  virtual std::error_code size(std::uint64_t& bytes) = 0;
  /// Whether `path` names this very file; of a lock, whether the folder of `path` is the one that
  /// it holds. After an error nobody can say. Where the file system cannot tell, it does.
  virtual std::error_code is_at(const std::filesystem::path& /*path*/, bool& here) {
    here = true;
    return {};
  }
};

/// Who may read a file beside its owner.
enum class Access : std::uint8_t { owner, group };

/// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Fails if the file exists. Mode 0640, whatever the umask is.
  virtual std::error_code create(const std::filesystem::path& path,
                                 std::unique_ptr<File>& file) = 0;
  /// Likewise, mode 0600 or 0640. Made by root it belongs, from the first moment on, to the owner
  /// and the group of the very folder that it is in: what an administrator makes is for the service
  /// to read, and for nobody else. Root can make none where that owner cannot.
  virtual std::error_code create_for(const std::filesystem::path& path, Access access,
                                     std::unique_ptr<File>& file) = 0;
  /// A regular file: a device, a pipe, a socket or a folder is not opened (FileError::not_regular).
  virtual std::error_code open_read(const std::filesystem::path& path,
                                    std::unique_ptr<File>& file) = 0;
  /// Likewise, one that exists, for appending and cutting it short; it cannot be read.
  virtual std::error_code open_write(const std::filesystem::path& path,
                                     std::unique_ptr<File>& file) = 0;
  /// A file that exists, and is as long or longer, holds just these bytes afterwards: written over
  /// its own, so that no room is needed where the file system writes in place. After an error it
  /// may hold anything.
  virtual std::error_code overwrite(const std::filesystem::path& path, Bytes content) = 0;
  /// Takes the place of `to` if that exists and is a file or a symbolic link; of anything else it
  /// does not (FileError::not_regular). Of two names in one folder that is opened once. Durable
  /// only after sync_directory() of the parent.
  virtual std::error_code rename(const std::filesystem::path& from,
                                 const std::filesystem::path& to) = 0;
  virtual std::error_code remove(const std::filesystem::path& path) = 0;
  /// Gives `to`, which this file system has opened, the owner, the group and the mode of `from`.
  virtual std::error_code copy_rights(const std::filesystem::path& from, File& to) = 0;
  /// Makes what is missing of the path, durably, with mode 0750, whatever the umask is. After an
  /// error nothing that it made need be there.
  virtual std::error_code create_directories(const std::filesystem::path& path) = 0;
  /// One folder, durably: for its owner alone, or its group too, and whose it is as create_for()
  /// says. Fails if it exists.
  virtual std::error_code create_folder_for(const std::filesystem::path& path, Access access) = 0;
  virtual std::error_code sync_directory(const std::filesystem::path& path) = 0;
  /// In bytes, as File::size() has it, also while another process has it open and writes.
  virtual std::error_code file_size(const std::filesystem::path& path, std::uint64_t& bytes) = 0;
  /// Names, not paths, sorted, in UTF-8.
  virtual std::error_code list(const std::filesystem::path& directory,
                               std::vector<std::string>& names) = 0;
  /// Held until the returned object goes; fails at once with `resource_unavailable_try_again` if
  /// another process holds it. That somebody removes the lock's file meanwhile changes nothing.
  virtual std::error_code lock(const std::filesystem::path& path, std::unique_ptr<File>& held) = 0;
  /// As is_locked(). Makes no file.
  virtual bool lock_is_held(const std::filesystem::path& path) = 0;
};

/// True while another process holds the lock, also if its file has been removed. The file's lock is
/// taken for a moment: the one test that no reused process number can mislead; for callers who know
/// that a holder who came just then would try again, or does not come.
bool is_locked(FileSystem& files, const std::filesystem::path& lock);

/// True if the error says that the disk, or the user's share of it, has no room left.
bool means_full(std::error_code error);

/// The machine's own. Lives for the whole program.
FileSystem& real_file_system();

enum class Durability {
  process_crash,  ///< nothing is synced: survives a kill of our process; a power cut may leave an
                  ///< empty file
  power_cut,      ///< synced, and the directory too
};

/// Writes a whole file so that whoever opens it finds either the old or the new content: temporary
/// name (`.<name>.tmp` beside it, so one writer a file at a time), rename. After an error the old
/// content stands and the temporary file is gone.
std::error_code write_atomically(FileSystem& files, const std::filesystem::path& path,
                                 Bytes content, Durability durability = Durability::power_cut);

/// As write_atomically() with Durability::power_cut, for a file that is there already and belongs
/// to somebody: it keeps its owner, group and mode. `path` must not be a symbolic link, which would
/// be replaced by a file.
std::error_code rewrite_atomically(FileSystem& files, const std::filesystem::path& path,
                                   Bytes content);
/// Likewise, durable, and as FileSystem::create_for() makes it.
std::error_code write_atomically_for(FileSystem& files, const std::filesystem::path& path,
                                     Access access, Bytes content);

}  // namespace icom::os
