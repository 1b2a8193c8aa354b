// Names under which no regular file stands, and the rights of files: for tests on the real file
// system.
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace icom::os {

/// The process's umask, for a while.
class UmaskOf {
 public:
  explicit UmaskOf(mode_t mask) : before_(::umask(mask)) {}
  ~UmaskOf() { ::umask(before_); }
  UmaskOf(const UmaskOf&) = delete;
  UmaskOf& operator=(const UmaskOf&) = delete;

 private:
  mode_t before_;
};

inline mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

/// S_IFREG and the like; 0 if there is nothing.
inline mode_t kind_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & S_IFMT : 0;
}

struct OddFile {
  std::string kind;
  std::filesystem::path path;
};

/// A pipe, a socket, a folder, a symbolic link (to `target`, which is made), one to nothing, and a
/// device where we may make one.
inline std::vector<OddFile> make_odd_files(const std::filesystem::path& folder) {
  std::vector<OddFile> made;
  const auto add = [&](const char* kind) -> std::filesystem::path {
    return made.emplace_back(OddFile{kind, folder / kind}).path;
  };
  ::mkfifo(add("pipe").c_str(), 0600);
  std::filesystem::create_directory(add("folder"));
  std::ofstream(folder / "target") << "the target of the link";
  std::filesystem::create_symlink("target", add("link"));
  std::filesystem::create_symlink("nothing", add("dangling"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (folder / "socket").c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) add("socket");
  ::close(socket);
  constexpr unsigned kNullMajor = 1;
  constexpr unsigned kNullMinor = 3;
  if (::mknod((folder / "device").c_str(), S_IFCHR | 0600, makedev(kNullMajor, kNullMinor)) == 0) {
    add("device");
  }
  return made;
}

}  // namespace icom::os
