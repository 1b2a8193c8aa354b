#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/os/posix/file.hpp"
#include "common/os/watched_file.hpp"

namespace icom::os {

namespace {

/// Of file systems that may give a file another number while it is open: NFS, SMB in three ways,
/// FUSE, 9P.
constexpr std::array<unsigned long, 6> kMadeUpNumbers{0x6969,     0x517B,     0xFF534D42,
                                                      0xFE534D42, 0x65735546, 0x01021997};

bool same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

WatchedFile::WatchedFile(std::filesystem::path path)
    : path_(std::move(path)), held_(::open(path_.c_str(), O_PATH | O_CLOEXEC)) {
  struct stat status {};
  if (!valid() || ::fstat(held_.get(), &status) != 0) {
    held_.reset();
    return;
  }
  device_ = status.st_dev;
  number_ = status.st_ino;
}

WatchedFile::Found WatchedFile::look(std::error_code& error) const {
  struct stat named {};
  if (::stat(path_.c_str(), &named) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return Found::none;
    error = last_error();
    return Found::unknown;
  }
  if (named.st_dev == device_ && named.st_ino == number_) return Found::same;
  return named.st_dev == device_ && is_renumbered(path_) ? Found::same : Found::another;
}

/// On one and the same share no two files were changed in the same moment and are equally long.
bool WatchedFile::is_renumbered(const std::filesystem::path& path) const {
  struct statfs system {};
  struct stat open {};
  struct stat named {};
  if (::fstatfs(held_.get(), &system) != 0 || ::fstat(held_.get(), &open) != 0 ||
      ::stat(path.c_str(), &named) != 0) {
    return false;
  }
  const auto type = static_cast<unsigned long>(system.f_type) & 0xFFFFFFFFU;
  return std::ranges::find(kMadeUpNumbers, type) != kMadeUpNumbers.end() && open.st_nlink > 0 &&
         open.st_size == named.st_size && same_time(open.st_mtim, named.st_mtim) &&
         same_time(open.st_ctim, named.st_ctim);
}

bool WatchedFile::has_a_name() const {
  struct stat status {};
  return ::fstat(held_.get(), &status) != 0 || status.st_nlink > 0;
}

}  // namespace icom::os
