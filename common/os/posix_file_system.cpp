#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/os/descriptor.hpp"
#include "common/os/file_system.hpp"

namespace icom::os {

namespace {

constexpr mode_t kFileMode = 0640;
constexpr mode_t kPrivateMode = 0600;
/// Parts handed to the kernel in one call; POSIX guarantees only 16, Linux takes 1024.
constexpr std::size_t kPartsAtOnce = 256;

std::error_code last_error() {
  return {errno, std::generic_category()};
}

std::error_code result(int outcome) {
  return outcome == 0 ? std::error_code{} : last_error();
}

class PosixFile final : public File {
 public:
  explicit PosixFile(int descriptor) : descriptor_(descriptor) {}
  ~PosixFile() override { ::close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  std::error_code append(std::span<const Bytes> parts, std::size_t& written) override {
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
      const ssize_t outcome = ::writev(descriptor_, vectors.data(), static_cast<int>(count));
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

  std::error_code read_at(std::uint64_t offset, std::span<std::byte> buffer,
                          std::size_t& got) override {
    got = 0;
    while (got < buffer.size()) {
      const ssize_t outcome = ::pread(descriptor_, buffer.data() + got, buffer.size() - got,
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

  std::error_code sync_data() override { return result(::fdatasync(descriptor_)); }

  std::error_code truncate(std::uint64_t size) override {
    return result(::ftruncate(descriptor_, static_cast<off_t>(size)));
  }

  std::error_code size(std::uint64_t& bytes) override {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return last_error();
    bytes = static_cast<std::uint64_t>(status.st_size);
    return {};
  }

 private:
  int descriptor_;
};

std::error_code open_file(const std::filesystem::path& path, int flags,
                          std::unique_ptr<File>& file) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return last_error();
  file = std::make_unique<PosixFile>(descriptor);
  return {};
}

/// Does nothing unless we are root: nobody else may give files away.
std::error_code give_to_owner_of_folder(int descriptor, const std::filesystem::path& path) {
  if (::geteuid() != 0) return {};
  struct stat folder {};
  const auto parent = path.parent_path();
  if (::stat(parent.empty() ? "." : parent.c_str(), &folder) != 0) return last_error();
  return result(::fchown(descriptor, folder.st_uid, folder.st_gid));
}

class PosixFileSystem final : public FileSystem {
 public:
  std::error_code create(const std::filesystem::path& path, std::unique_ptr<File>& file) override {
    return open_file(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND, file);
  }

  std::error_code create_for(const std::filesystem::path& path, Access access,
                             std::unique_ptr<File>& file) override {
    const mode_t mode = access == Access::owner ? kPrivateMode : kFileMode;
    constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC;
    const int descriptor = ::open(path.c_str(), kFlags, mode);
    if (descriptor < 0) return last_error();
    auto made = std::make_unique<PosixFile>(descriptor);
    if (const auto error = give_to_owner_of_folder(descriptor, path)) {
      ::unlink(path.c_str());
      return error;
    }
    file = std::move(made);
    return {};
  }

  std::error_code open_read(const std::filesystem::path& path,
                            std::unique_ptr<File>& file) override {
    return open_file(path, O_RDONLY, file);
  }

  std::error_code open_write(const std::filesystem::path& path,
                             std::unique_ptr<File>& file) override {
    return open_file(path, O_WRONLY | O_APPEND, file);
  }

  std::error_code rename(const std::filesystem::path& from,
                         const std::filesystem::path& to) override {
    return result(::rename(from.c_str(), to.c_str()));
  }

  std::error_code remove(const std::filesystem::path& path) override {
    return result(::unlink(path.c_str()));
  }

  std::error_code copy_rights(const std::filesystem::path& from,
                              const std::filesystem::path& to) override {
    struct stat wanted {};
    struct stat present {};
    if (::stat(from.c_str(), &wanted) != 0 || ::stat(to.c_str(), &present) != 0) {
      return last_error();
    }
    // Only who may do it is asked to: most often both are the caller's.
    const bool same_owner = wanted.st_uid == present.st_uid && wanted.st_gid == present.st_gid;
    if (!same_owner && ::chown(to.c_str(), wanted.st_uid, wanted.st_gid) != 0) return last_error();
    return result(::chmod(to.c_str(), wanted.st_mode & 07777U));
  }

  std::error_code create_directories(const std::filesystem::path& path) override {
    std::error_code error;
    if (path.empty() || std::filesystem::is_directory(path, error)) return {};
    const auto parent = path.parent_path();
    if (const auto failed = create_directories(parent)) return failed;
    std::filesystem::create_directory(path, error);
    if (error) return error;
    error = sync_directory(parent.empty() ? "." : parent);
    // What is not durable must not be found here by the next attempt.
    if (error) ::rmdir(path.c_str());
    return error;
  }

  std::error_code create_folder_for(const std::filesystem::path& path, Access access) override {
    const mode_t mode = access == Access::owner ? 0700 : 0750;
    if (::mkdir(path.c_str(), mode) != 0) return last_error();
    const os::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) return last_error();
    if (const auto error = give_to_owner_of_folder(folder.get(), path)) return error;
    const auto parent = path.parent_path();
    return sync_directory(parent.empty() ? "." : parent);
  }

  std::error_code sync_directory(const std::filesystem::path& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return last_error();
    const std::error_code error = result(::fsync(descriptor));
    ::close(descriptor);
    return error;
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
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
    if (descriptor < 0) return last_error();
    auto file = std::make_unique<PosixFile>(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) return last_error();
    held = std::move(file);
    return {};
  }
};

}  // namespace

bool means_full(std::error_code error) {
  return error == std::errc::no_space_on_device ||
         error == std::error_code(EDQUOT, std::generic_category());
}

FileSystem& real_file_system() {
  static PosixFileSystem files;
  return files;
}

}  // namespace icom::os
