#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "common/os/file_error.hpp"
#include "common/os/files_beneath.hpp"
#include "common/os/posix/file.hpp"

namespace icom::os {

namespace {

std::error_code not_supported() {
  return std::make_error_code(std::errc::operation_not_supported);
}

bool is_link(Place place) {
  struct stat status {};
  return ::fstatat(place.folder, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISLNK(status.st_mode);
}

/// A folder on the way, not through a link.
std::error_code enter(FileHandle& at, const std::filesystem::path& name) {
  const Place place{at.get(), name.c_str()};
  FileHandle next(
      ::openat(place.folder, place.name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!next.valid()) {
    const auto error = last_error();
    return is_link(place) ? make_error_code(FileError::symbolic_link) : error;
  }
  at = std::move(next);
  return {};
}

std::error_code open_top(const std::filesystem::path& folder, FileHandle& top) {
  top = FileHandle(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return top.valid() ? std::error_code() : last_error();
}

std::error_code enter_each(FileHandle& at, const std::filesystem::path& folders) {
  for (const auto& folder : folders) {
    if (const auto error = enter(at, folder)) return error;
  }
  return {};
}

/// The folder of this name below `at`, which may lie several folders down; not through a link.
std::error_code enter_all(FileHandle& at, const std::filesystem::path& folders) {
  struct open_how how {};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  // One call however deep it lies, for each of which a share may have to be asked.
  FileHandle next(
      static_cast<int>(::syscall(SYS_openat2, at.get(), folders.c_str(), &how, sizeof(how))));
  if (next.valid()) {
    at = std::move(next);
    return {};
  }
  if (errno == ELOOP) return FileError::symbolic_link;
  // A filter of system calls may not know this one.
  if (errno != ENOSYS && errno != EPERM) return last_error();
  return enter_each(at, folders);
}

/// Of what was just made. First whose it is, which may take rights away.
void give_to_readers(int made, std::optional<UserId> readers, mode_t mode) {
  if (readers && ::fchown(made, static_cast<uid_t>(-1), *readers) == 0) (void)::fchmod(made, mode);
}

void give_folder_to_readers(Place place, std::optional<UserId> readers) {
  if (!readers) return;
  const FileHandle made(
      ::openat(place.folder, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (made.valid()) give_to_readers(made.get(), readers, S_ISGID | kFolderMode);
}

std::error_code find(const std::filesystem::path& folder, const std::filesystem::path& path,
                     OpenPlace& found) {
  if (const auto error = open_top(folder, found.folder)) return error;
  const auto below = path.lexically_relative(folder);
  const bool is_plain = std::ranges::none_of(
      below, [](const auto& part) { return part.empty() || part == "." || part == ".."; });
  if (!is_plain || below.empty()) return std::make_error_code(std::errc::invalid_argument);
  found.name = below.filename().string();
  const auto folders = below.parent_path();
  return folders.empty() ? std::error_code() : enter_all(found.folder, folders);
}

}  // namespace

FilesBeneath::FilesBeneath(std::filesystem::path folder, std::optional<UserId> readers)
    : folder_(std::move(folder)), readers_(readers) {}

std::error_code FilesBeneath::synced(std::error_code error) {
  if (!means_folders_cannot_be_synced(error)) return error;
  can_sync_ = false;
  return {};
}

std::error_code FilesBeneath::create(const std::filesystem::path& path,
                                     std::unique_ptr<File>& file) {
  OpenPlace found;
  if (const auto error = find(folder_, path, found)) return error;
  std::unique_ptr<PosixFile> made;
  if (const auto error = create_at(found.place(), kFileMode, made)) return error;
  give_to_readers(made->descriptor(), readers_, kFileMode);
  file = std::move(made);
  return {};
}

std::error_code FilesBeneath::open(const std::filesystem::path& path, int access,
                                   std::unique_ptr<File>& file) {
  OpenPlace found;
  if (const auto error = find(folder_, path, found)) return error;
  FileHandle opened;
  if (const auto error = open_at(found.place(), access, Links::refuse, opened)) return error;
  file = std::make_unique<PosixFile>(std::move(opened));
  return {};
}

std::error_code FilesBeneath::open_read(const std::filesystem::path& path,
                                        std::unique_ptr<File>& file) {
  return open(path, O_RDONLY, file);
}

std::error_code FilesBeneath::open_write(const std::filesystem::path& path,
                                         std::unique_ptr<File>& file) {
  return open(path, O_WRONLY | O_APPEND, file);
}

std::error_code FilesBeneath::overwrite(const std::filesystem::path& path, Bytes content) {
  std::unique_ptr<File> file;
  if (const auto error = open(path, O_WRONLY, file)) return error;
  return overwrite_file(static_cast<const PosixFile&>(*file).descriptor(), content);
}

std::error_code FilesBeneath::rename(const std::filesystem::path& from,
                                     const std::filesystem::path& to) {
  OpenPlace old_name;
  if (const auto error = find(folder_, from, old_name)) return error;
  if (from.parent_path() == to.parent_path()) {
    const std::string new_name = to.filename().string();
    return rename_at(old_name.place(), {old_name.folder.get(), new_name.c_str()});
  }
  OpenPlace new_name;
  if (const auto error = find(folder_, to, new_name)) return error;
  return rename_at(old_name.place(), new_name.place());
}

std::error_code FilesBeneath::remove(const std::filesystem::path& path) {
  OpenPlace found;
  if (const auto error = find(folder_, path, found)) return error;
  return result(::unlinkat(found.folder.get(), found.name.c_str(), 0));
}

std::error_code FilesBeneath::create_directories(const std::filesystem::path& path) {
  FileHandle at;
  std::error_code error = open_top(folder_, at);
  if (error == std::errc::no_such_file_or_directory) {
    // What is above the folder is not ours to distrust.
    error = synced(real_file_system().create_directories(folder_));
    if (!error) {
      give_folder_to_readers({AT_FDCWD, folder_.c_str()}, readers_);
      error = open_top(folder_, at);
    }
  }
  if (error) return error;
  const auto below = path.lexically_relative(folder_);
  if (below.empty() || below == ".") return {};
  for (const auto& part : below) {
    if (part == "..") return std::make_error_code(std::errc::invalid_argument);
    const auto entered = enter(at, part);
    if (!entered) continue;
    if (entered != std::errc::no_such_file_or_directory) return entered;
    const Place place{at.get(), part.c_str()};
    const auto made = make_folder_at(place, kFolderMode);
    if (made && made != std::errc::file_exists) return made;
    if (!made) {
      give_folder_to_readers(place, readers_);
      if (const auto failed = synced(sync_folder_at({at.get(), "."}, Links::refuse))) {
        // What is not durable must not be found here by the next attempt.
        ::unlinkat(place.folder, place.name, AT_REMOVEDIR);
        return failed;
      }
    }
    if (const auto failed = enter(at, part)) return failed;
  }
  return {};
}

std::error_code FilesBeneath::sync_directory(const std::filesystem::path& path) {
  if (path == folder_) return synced(sync_folder_at({AT_FDCWD, path.c_str()}, Links::follow));
  OpenPlace found;
  if (const auto error = find(folder_, path, found)) return error;
  return synced(sync_folder_at(found.place(), Links::refuse));
}

std::error_code FilesBeneath::file_size(const std::filesystem::path& path, std::uint64_t& bytes) {
  std::unique_ptr<File> file;
  const auto error = open_read(path, file);
  return error ? error : file->size(bytes);
}

std::error_code FilesBeneath::create_for(const std::filesystem::path& /*path*/, Access /*access*/,
                                         std::unique_ptr<File>& /*file*/) {
  return not_supported();
}

std::error_code FilesBeneath::copy_rights(const std::filesystem::path& /*from*/, File& /*to*/) {
  return not_supported();
}

std::error_code FilesBeneath::create_folder_for(const std::filesystem::path& /*path*/,
                                                Access /*access*/) {
  return not_supported();
}

std::error_code FilesBeneath::list(const std::filesystem::path& /*directory*/,
                                   std::vector<std::string>& /*names*/) {
  return not_supported();
}

std::error_code FilesBeneath::lock(const std::filesystem::path& /*path*/,
                                   std::unique_ptr<File>& /*held*/) {
  return not_supported();
}

bool FilesBeneath::lock_is_held(const std::filesystem::path& /*path*/) {
  return false;
}

}  // namespace icom::os
