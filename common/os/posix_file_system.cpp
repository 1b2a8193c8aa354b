#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/os/descriptor.hpp"
#include "common/os/file_system.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/posix_file.hpp"
#include "common/os/posix_lock.hpp"

namespace icom::os {

namespace {

/// Does nothing unless we are root: nobody else may give files away.
std::error_code give_to_owner_of_folder(int descriptor, const std::filesystem::path& path) {
  if (::geteuid() != 0) return {};
  struct stat folder {};
  if (::stat(folder_of(path).c_str(), &folder) != 0) return last_error();
  return result(::fchown(descriptor, folder.st_uid, folder.st_gid));
}

class PosixFileSystem final : public FileSystem {
 public:
  std::error_code create(const std::filesystem::path& path, std::unique_ptr<File>& file) override {
    return create(path, kFileMode, file);
  }

  std::error_code create_for(const std::filesystem::path& path, Access access,
                             std::unique_ptr<File>& file) override {
    std::unique_ptr<PosixFile> made;
    const mode_t mode = access == Access::owner ? kPrivateMode : kFileMode;
    if (const auto error = create_at({AT_FDCWD, path.c_str()}, mode, made)) return error;
    if (const auto error = give_to_owner_of_folder(made->descriptor(), path)) {
      ::unlink(path.c_str());
      return error;
    }
    file = std::move(made);
    return {};
  }

  std::error_code open_read(const std::filesystem::path& path,
                            std::unique_ptr<File>& file) override {
    return open(path, O_RDONLY, file);
  }

  std::error_code open_write(const std::filesystem::path& path,
                             std::unique_ptr<File>& file) override {
    return open(path, O_WRONLY | O_APPEND, file);
  }

  std::error_code rename(const std::filesystem::path& from,
                         const std::filesystem::path& to) override {
    return rename_at({AT_FDCWD, from.c_str()}, {AT_FDCWD, to.c_str()});
  }

  std::error_code remove(const std::filesystem::path& path) override {
    return result(::unlink(path.c_str()));
  }

  std::error_code copy_rights(const std::filesystem::path& from, File& to) override {
    struct stat wanted {};
    struct stat present {};
    // By the file that is open: a name may have become another file's meanwhile.
    const int made = static_cast<const PosixFile&>(to).descriptor();
    if (::stat(from.c_str(), &wanted) != 0 || ::fstat(made, &present) != 0) return last_error();
    // Only who may do it is asked to: most often both are the caller's.
    const bool same_owner = wanted.st_uid == present.st_uid && wanted.st_gid == present.st_gid;
    if (!same_owner && ::fchown(made, wanted.st_uid, wanted.st_gid) != 0) return last_error();
    return result(::fchmod(made, wanted.st_mode & 07777U));
  }

  std::error_code create_directories(const std::filesystem::path& path) override {
    std::error_code error;
    if (path.empty() || std::filesystem::is_directory(path, error)) return {};
    if (const auto failed = create_directories(path.parent_path())) return failed;
    error = make_folder_at({AT_FDCWD, path.c_str()}, kFolderMode);
    if (error == std::errc::file_exists && std::filesystem::is_directory(path)) return {};
    if (error) return error;
    error = sync_directory(folder_of(path));
    // What is not durable must not be found here by the next attempt.
    if (error) ::rmdir(path.c_str());
    return error;
  }

  std::error_code create_folder_for(const std::filesystem::path& path, Access access) override {
    const mode_t mode = access == Access::owner ? kPrivateFolderMode : kFolderMode;
    if (const auto error = make_folder_at({AT_FDCWD, path.c_str()}, mode)) return error;
    const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder.valid()) return last_error();
    if (const auto error = give_to_owner_of_folder(folder.get(), path)) return error;
    return sync_directory(folder_of(path));
  }

  std::error_code sync_directory(const std::filesystem::path& path) override {
    return sync_folder_at({AT_FDCWD, path.c_str()}, Links::follow);
  }

  std::error_code file_size(const std::filesystem::path& path, std::uint64_t& bytes) override {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return last_error();
    bytes = static_cast<std::uint64_t>(status.st_size);
    return {};
  }

  std::error_code list(const std::filesystem::path& directory,
                       std::vector<std::string>& names) override {
    names.clear();
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    while (!error && entries != std::filesystem::directory_iterator()) {
      names.push_back(entries->path().filename().string());
      entries.increment(error);
    }
    std::sort(names.begin(), names.end());
    return error;
  }

  std::error_code lock(const std::filesystem::path& path, std::unique_ptr<File>& held) override {
    return lock_file(path, held);
  }

  bool lock_is_held(const std::filesystem::path& path) override { return file_is_locked(path); }

 private:
  static std::error_code create(const std::filesystem::path& path, mode_t mode,
                                std::unique_ptr<File>& file) {
    std::unique_ptr<PosixFile> made;
    if (const auto error = create_at({AT_FDCWD, path.c_str()}, mode, made)) return error;
    file = std::move(made);
    return {};
  }

  static std::error_code open(const std::filesystem::path& path, int access,
                              std::unique_ptr<File>& file) {
    Descriptor opened;
    const auto error = open_at({AT_FDCWD, path.c_str()}, access, Links::follow, opened);
    if (error) return error;
    file = std::make_unique<PosixFile>(std::move(opened));
    return {};
  }
};

}  // namespace

bool means_full(std::error_code error) {
  return error == std::errc::no_space_on_device ||
         error == std::error_code(EDQUOT, std::generic_category());
}

FileSystem& real_file_system() {
  // Never destroyed: a thread that waits for a disk may outlive main().
  static auto& files = *new PosixFileSystem;
  return files;
}

}  // namespace icom::os
