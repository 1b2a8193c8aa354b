#include "common/os/posix/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/os/file_error.hpp"
#include "common/os/folder_of.hpp"

namespace icom::os {

namespace {

/// Parts handed to the kernel in one call; POSIX guarantees only 16, Linux takes 1024.
constexpr std::size_t kPartsAtOnce = 256;
constexpr mode_t kRights = 0777;
constexpr mode_t kHandedDown = 07000;

/// Before it is opened: opening a device may set it going, and opening a pipe waits for a writer.
std::error_code require_regular(const struct stat& status) {
  if (S_ISLNK(status.st_mode)) return FileError::symbolic_link;
  return S_ISREG(status.st_mode) ? std::error_code() : FileError::not_regular;
}

}  // namespace

std::error_code PosixFile::append(std::span<const Bytes> parts, std::size_t& written) {
  written = 0;
  std::size_t skip = 0;  // bytes of parts.front() that are written already
  while (!parts.empty()) {
    std::array<iovec, kPartsAtOnce> vectors;
    const std::size_t count = std::min(parts.size(), vectors.size());
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes part = i == 0 ? parts[0].subspan(skip) : parts[i];
      // writev() takes a non-const pointer and does not write through it.
      vectors[i] = {const_cast<std::byte*>(part.data()), part.size()};
    }
    const ssize_t outcome = ::writev(descriptor_.get(), vectors.data(), static_cast<int>(count));
    if (outcome < 0) {
      if (errno == EINTR) continue;
      return last_error();
    }
    written += static_cast<std::size_t>(outcome);
    skip += static_cast<std::size_t>(outcome);
    while (!parts.empty() && skip >= parts.front().size()) {
      skip -= parts.front().size();
      parts = parts.subspan(1);
    }
  }
  return {};
}

std::error_code PosixFile::read_at(std::uint64_t offset, std::span<std::byte> buffer,
                                   std::size_t& got) {
  got = 0;
  while (got < buffer.size()) {
    const ssize_t outcome = ::pread(descriptor_.get(), buffer.data() + got, buffer.size() - got,
                                    static_cast<off_t>(offset + got));
    if (outcome == 0) break;
    if (outcome < 0) {
      if (errno == EINTR) continue;
      return last_error();
    }
    got += static_cast<std::size_t>(outcome);
  }
  return {};
}

std::error_code PosixFile::sync_data() {
  return result(::fdatasync(descriptor_.get()));
}

std::error_code PosixFile::truncate(std::uint64_t size) {
  return result(::ftruncate(descriptor_.get(), static_cast<off_t>(size)));
}

std::error_code PosixFile::size(std::uint64_t& bytes) {
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) return last_error();
  bytes = static_cast<std::uint64_t>(status.st_size);
  return {};
}

std::error_code PosixFile::is_at(const std::filesystem::path& path, bool& here) {
  return names_descriptor(path, descriptor_.get(), here);
}

std::error_code names_descriptor(const std::filesystem::path& path, int descriptor, bool& same) {
  struct stat open {};
  struct stat named {};
  if (::fstat(descriptor, &open) != 0) return last_error();
  if (::stat(path.c_str(), &named) != 0) {
    same = false;
    return errno == ENOENT || errno == ENOTDIR ? std::error_code() : last_error();
  }
  same = open.st_dev == named.st_dev && open.st_ino == named.st_ino;
  return {};
}

std::error_code open_place(const std::filesystem::path& path, OpenPlace& opened) {
  opened.folder = FileHandle(::open(folder_of(path).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  // A path that ends in a slash names the folder itself.
  opened.name = path.has_filename() ? path.filename().string() : ".";
  return opened.folder.valid() ? std::error_code() : last_error();
}

std::error_code overwrite_file(int descriptor, Bytes content) {
  for (Bytes left = content; !left.empty();) {
    const auto at = static_cast<off_t>(content.size() - left.size());
    const ssize_t outcome = ::pwrite(descriptor, left.data(), left.size(), at);
    if (outcome >= 0) {
      left = left.subspan(static_cast<std::size_t>(outcome));
    } else if (errno != EINTR) {
      return last_error();
    }
  }
  return result(::ftruncate(descriptor, static_cast<off_t>(content.size())));
}

void settle_mode(int descriptor, mode_t mode) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || (status.st_mode & kRights) == mode) return;
  // What cannot be set was made with `mode` less the umask, or is not ours to decide (a share).
  (void)::fchmod(descriptor, (status.st_mode & kHandedDown) | mode);
}

std::error_code create_at(Place place, mode_t mode, std::unique_ptr<PosixFile>& file) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;
  FileHandle made(::openat(place.folder, place.name, kFlags, mode));
  if (!made.valid()) return last_error();
  settle_mode(made.get(), mode);
  file = std::make_unique<PosixFile>(std::move(made));
  return {};
}

std::error_code open_at(Place place, int access, Links links, FileHandle& opened) {
  const bool follow = links == Links::follow;
  struct stat status {};
  if (::fstatat(place.folder, place.name, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
    return last_error();
  }
  if (const auto error = require_regular(status)) return error;
  // And it may have become something else since: then opening it must not wait.
  const int flags = access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  FileHandle found(::openat(place.folder, place.name, flags));
  if (!found.valid()) {
    if (errno == ELOOP && !follow) return FileError::symbolic_link;
    return last_error();
  }
  if (::fstat(found.get(), &status) != 0) return last_error();
  if (const auto error = require_regular(status)) return error;
  opened = std::move(found);
  return {};
}

std::error_code rename_at(Place from, Place to) {
  struct stat status {};
  if (::fstatat(to.folder, to.name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
      !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
    return FileError::not_regular;
  }
  return result(::renameat(from.folder, from.name, to.folder, to.name));
}

std::error_code make_folder_at(Place place, mode_t mode) {
  if (::mkdirat(place.folder, place.name, mode) != 0) return last_error();
  const FileHandle made(
      ::openat(place.folder, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (made.valid()) settle_mode(made.get(), mode);
  return {};
}

std::error_code sync_folder_at(Place place, Links links) {
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (links == Links::follow ? 0 : O_NOFOLLOW);
  const FileHandle folder(::openat(place.folder, place.name, flags));
  if (!folder.valid()) return last_error();
  return result(::fsync(folder.get()));
}

}  // namespace icom::os
