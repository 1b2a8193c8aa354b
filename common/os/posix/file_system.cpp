#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include "common/os/file_system.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/handle.hpp"
#include "common/os/posix/file.hpp"
#include "common/os/posix/kept_dumpable.hpp"
#include "common/os/posix/lock.hpp"

namespace icom::os {

namespace {

/// For as long as it lives, what this thread makes in a folder belongs to the folder's owner and
/// group, and is made with the owner's rights. From the first moment on: there is none in which
/// what root has made could be exchanged before it is given away. Does nothing unless we are root:
/// nobody else may make files for others.
class MakingForOwner {
 public:
  explicit MakingForOwner(const FileHandle& folder) {
    struct stat status {};
    if (::geteuid() != 0) return;
    if (::fstat(folder.get(), &status) != 0) {
      error_ = last_error();
      return;
    }
    // The user last, and the first to be taken back: with another one root may change neither.
    group_ = ::setfsgid(status.st_gid);
    user_ = ::setfsuid(status.st_uid);
    is_changed_ = true;
    // Neither call says whether it has done anything; this one only asks.
    constexpr auto kNobody = static_cast<uid_t>(-1);
    const bool is_owner = static_cast<uid_t>(::setfsuid(kNobody)) == status.st_uid &&
                          static_cast<gid_t>(::setfsgid(kNobody)) == status.st_gid;
    if (!is_owner) error_ = std::make_error_code(std::errc::operation_not_permitted);
  }
  ~MakingForOwner() {
    if (!is_changed_) return;
    ::setfsuid(static_cast<uid_t>(user_));
    ::setfsgid(static_cast<gid_t>(group_));
  }
  MakingForOwner(const MakingForOwner&) = delete;
  MakingForOwner& operator=(const MakingForOwner&) = delete;

  [[nodiscard]] std::error_code error() const { return error_; }

 private:
  KeptDumpable dumpable_;  // the last that goes
  int user_ = 0;
  int group_ = 0;
  bool is_changed_ = false;
  std::error_code error_;
};

class PosixFileSystem final : public FileSystem {
 public:
  std::error_code create(const std::filesystem::path& path, std::unique_ptr<File>& file) override {
    return create(path, kFileMode, file);
  }

  std::error_code create_for(const std::filesystem::path& path, Access access,
                             std::unique_ptr<File>& file) override {
    OpenPlace opened;
    if (const auto error = open_place(path, opened)) return error;
    const MakingForOwner owner(opened.folder);
    if (owner.error()) return owner.error();
    std::unique_ptr<PosixFile> made;
    const mode_t mode = access == Access::owner ? kPrivateMode : kFileMode;
    if (const auto error = create_at(opened.place(), mode, made)) return error;
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

  std::error_code overwrite(const std::filesystem::path& path, Bytes content) override {
    FileHandle opened;
    const auto error = open_at({AT_FDCWD, path.c_str()}, O_WRONLY, Links::follow, opened);
    return error ? error : overwrite_file(opened.get(), content);
  }

  std::error_code rename(const std::filesystem::path& from,
                         const std::filesystem::path& to) override {
    OpenPlace old_name;
    if (const auto error = open_place(from, old_name)) return error;
    if (from.parent_path() == to.parent_path()) {
      // In one folder: nobody can have it moved to another that he puts in the path's way.
      const std::string new_name = to.filename().string();
      return rename_at(old_name.place(), {old_name.folder.get(), new_name.c_str()});
    }
    OpenPlace new_name;
    if (const auto error = open_place(to, new_name)) return error;
    return rename_at(old_name.place(), new_name.place());
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
    if (!same_owner && ::fchown(made, wanted.st_uid, wanted.st_gid) != 0) {
      // Of a file that root has put into the folder of whom it acts for now, only the group is
      // kept: he could exchange it all the same.
      const bool roots = errno == EPERM && ::getuid() == 0 && wanted.st_uid == 0;
      if (!roots) return last_error();
      std::ignore = ::fchown(made, present.st_uid, wanted.st_gid);
    }
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
    OpenPlace opened;
    if (const auto error = open_place(path, opened)) return error;
    {
      const MakingForOwner owner(opened.folder);
      if (owner.error()) return owner.error();
      const mode_t mode = access == Access::owner ? kPrivateFolderMode : kFolderMode;
      if (const auto error = make_folder_at(opened.place(), mode)) return error;
    }
    return sync_folder_at({opened.folder.get(), "."}, Links::refuse);
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
    FileHandle opened;
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
