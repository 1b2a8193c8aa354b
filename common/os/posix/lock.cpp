#include "common/os/posix/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "common/os/folder_of.hpp"
#include "common/os/posix/byte_lock_owner.hpp"
#include "common/os/posix/file.hpp"

namespace icom::os {

namespace {

/// A process that ends lets go of its two locks one after the other.
constexpr int kTries = 10;
constexpr std::chrono::milliseconds kBetweenTries{2};

/// FNV-1a, below what a file offset can be.
off_t byte_of(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return static_cast<off_t>(hash >> 2U);
}

struct flock byte_lock(const std::filesystem::path& path, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte_of(path.filename().string());
  lock.l_len = 1;
  return lock;
}

FileHandle open_folder_of(const std::filesystem::path& path) {
  return FileHandle(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// By somebody else of this account: others, who can only list the folder, are not to keep us from
/// running. False where the file system knows no such locks: then the file's has to do.
bool byte_is_locked(const FileHandle& folder, const std::filesystem::path& path) {
  struct flock lock = byte_lock(path, F_WRLCK);
  return folder.valid() && ::fcntl(folder.get(), F_OFD_GETLK, &lock) == 0 &&
         lock.l_type != F_UNLCK &&
         byte_lock_is_ours(folder.get(), byte_of(path.filename().string()));
}

std::error_code lock_byte(const FileHandle& folder, const std::filesystem::path& path) {
  if (!folder.valid()) return {};
  struct flock lock = byte_lock(path, F_RDLCK);
  if (::fcntl(folder.get(), F_OFD_SETLK, &lock) != 0) return {};
  for (int tried = 1; byte_is_locked(folder, path); ++tried) {
    if (tried == kTries) return std::make_error_code(std::errc::resource_unavailable_try_again);
    std::this_thread::sleep_for(kBetweenTries);
  }
  return {};
}

/// Lets go of the folder first: whoever gets the file's lock then gets the folder's too.
class HeldLock final : public PosixFile {
 public:
  HeldLock(FileHandle folder, FileHandle file)
      : PosixFile(std::move(file)), folder_(std::move(folder)) {}

  std::error_code is_at(const std::filesystem::path& path, bool& here) override {
    if (folder_.valid()) return names_descriptor(folder_of(path), folder_.get(), here);
    return PosixFile::is_at(path, here);
  }

 private:
  FileHandle folder_;
};

}  // namespace

std::error_code lock_file(const std::filesystem::path& path, std::unique_ptr<File>& held) {
  // The folder's comes first, so that a process that is killed lets go of it first.
  FileHandle folder = open_folder_of(path);
  constexpr int kFlags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  // In that very folder, where it can be opened: whoever may exchange it does not part the two.
  const std::string name = folder.valid() ? path.filename().string() : path.string();
  FileHandle file(
      ::openat(folder.valid() ? folder.get() : AT_FDCWD, name.c_str(), kFlags, kFileMode));
  if (!file.valid()) return last_error();
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && status.st_uid == ::geteuid()) {
    settle_mode(file.get(), status.st_mode & kFileMode);
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return last_error();
  if (const auto error = lock_byte(folder, path)) return error;
  held = std::make_unique<HeldLock>(std::move(folder), std::move(file));
  return {};
}

bool file_is_locked(const std::filesystem::path& path) {
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const FileHandle file(::open(path.c_str(), kFlags));
  if (file.valid() && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return true;
  }
  return byte_is_locked(open_folder_of(path), path);
}

}  // namespace icom::os
