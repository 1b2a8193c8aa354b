// A folder that others can write in: a share.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>

#include "common/os/file_system.hpp"
#include "common/os/users.hpp"

namespace icom::os {

/// The files below one folder, as FileSystem has them, with two differences. No symbolic link below
/// the folder is followed, not as a file and not as a folder on the way (FileError::symbolic_link);
/// the folder itself may be named through links. And a folder that cannot be synced, as some
/// network mounts have it, is no error: folders_can_be_synced() tells.
///
/// Every path given must be the folder's, or one below it. Thread-safe. Rights for somebody else,
/// and locks, it does not have: `operation_not_supported`.
class FilesBeneath final : public FileSystem {
 public:
  /// `readers`: a group that this process may give files to (it is in it, or root's). What is made
  /// is given to it then, folders hand it down, and it may read them. A share that decides itself
  /// whose a file is goes on doing so.
  explicit FilesBeneath(std::filesystem::path folder, std::optional<UserId> readers = std::nullopt);

  /// False once syncing a folder was refused: a power cut may undo a rename here.
  [[nodiscard]] bool folders_can_be_synced() const { return can_sync_; }

  std::error_code create(const std::filesystem::path& path, std::unique_ptr<File>& file) override;
  std::error_code create_for(const std::filesystem::path& path, Access access,
                             std::unique_ptr<File>& file) override;
  std::error_code open_read(const std::filesystem::path& path,
                            std::unique_ptr<File>& file) override;
  std::error_code open_write(const std::filesystem::path& path,
                             std::unique_ptr<File>& file) override;
  std::error_code overwrite(const std::filesystem::path& path, Bytes content) override;
  std::error_code rename(const std::filesystem::path& from,
                         const std::filesystem::path& to) override;
  std::error_code remove(const std::filesystem::path& path) override;
  std::error_code copy_rights(const std::filesystem::path& from, File& to) override;
  std::error_code create_directories(const std::filesystem::path& path) override;
  std::error_code create_folder_for(const std::filesystem::path& path, Access access) override;
  std::error_code sync_directory(const std::filesystem::path& path) override;
  std::error_code file_size(const std::filesystem::path& path, std::uint64_t& bytes) override;
  std::error_code list(const std::filesystem::path& directory,
                       std::vector<std::string>& names) override;
  std::error_code lock(const std::filesystem::path& path, std::unique_ptr<File>& held) override;
  bool lock_is_held(const std::filesystem::path& path) override;

 private:
  std::error_code open(const std::filesystem::path& path, int access, std::unique_ptr<File>& file);
  std::error_code synced(std::error_code error);

  const std::filesystem::path folder_;
  const std::optional<UserId> readers_;
  std::atomic<bool> can_sync_ = true;
};

}  // namespace icom::os
