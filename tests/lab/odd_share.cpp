// Preloaded into a program (LD_PRELOAD), makes a folder behave as an odd network share does.
//
// ICOM_SHARE            the folder
// ICOM_SHARE_HANGS      a file: while it is there, no call that names anything in the share
// returns,
//                       as on a hard mount whose server is gone
// ICOM_SHARE_NO_SYNC    set: no folder in the share can be synced, EINVAL
//
// A stand-in: what hangs does so in this library and not in the kernel, so a signal that ends the
// process does end it. Calls that go through a descriptor of a file that is open already return.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

/// Without any call that this library changes.
bool there(const char* path) {
  return ::faccessat(AT_FDCWD, path, F_OK, 0) == 0;
}

bool in_share(int folder, const char* path) {
  const char* const share = std::getenv("ICOM_SHARE");
  if (share == nullptr || path == nullptr) return false;
  char full[PATH_MAX * 2] = "";
  if (path[0] != '/' && folder != AT_FDCWD) {
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    const ssize_t length = ::readlink(link, full, PATH_MAX);
    full[length < 0 ? 0 : length] = '\0';
    std::strcat(full, "/");
  }
  std::strncat(full, path, PATH_MAX);
  const std::size_t length = std::strlen(share);
  return std::strncmp(full, share, length) == 0 && (full[length] == '/' || full[length] == '\0');
}

void hang(int folder, const char* path) {
  const char* const while_there = std::getenv("ICOM_SHARE_HANGS");
  if (while_there == nullptr || !in_share(folder, path)) return;
  while (there(while_there)) {
    const timespec pause{0, 20'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

bool is_folder_of_share(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode) && in_share(descriptor, "");
}

}  // namespace

extern "C" {

#define ICOM_OPEN_AT(name)                                                               \
  int name(int folder, const char* path, int flags, ...) {                               \
    va_list rest;                                                                        \
    va_start(rest, flags);                                                               \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                                        \
    hang(folder, path);                                                                  \
    return real<int (*)(int, const char*, int, ...)>(#name)(folder, path, flags, mode);  \
  }
ICOM_OPEN_AT(openat)
ICOM_OPEN_AT(openat64)

#define ICOM_OPEN(name)                                                                  \
  int name(const char* path, int flags, ...) {                                           \
    va_list rest;                                                                        \
    va_start(rest, flags);                                                               \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                                        \
    hang(AT_FDCWD, path);                                                                \
    return real<int (*)(const char*, int, ...)>(#name)(path, flags, mode);               \
  }
ICOM_OPEN(open)
ICOM_OPEN(open64)

int stat(const char* path, struct stat* status) noexcept {
  hang(AT_FDCWD, path);
  return real<int (*)(const char*, struct stat*)>("stat")(path, status);
}
int lstat(const char* path, struct stat* status) noexcept {
  hang(AT_FDCWD, path);
  return real<int (*)(const char*, struct stat*)>("lstat")(path, status);
}
int fstatat(int folder, const char* path, struct stat* status, int flags) noexcept {
  hang(folder, path);
  return real<int (*)(int, const char*, struct stat*, int)>("fstatat")(folder, path, status, flags);
}
int statvfs(const char* path, struct statvfs* status) noexcept {
  hang(AT_FDCWD, path);
  return real<int (*)(const char*, struct statvfs*)>("statvfs")(path, status);
}
int mkdir(const char* path, mode_t mode) noexcept {
  hang(AT_FDCWD, path);
  return real<int (*)(const char*, mode_t)>("mkdir")(path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  hang(folder, path);
  return real<int (*)(int, const char*, mode_t)>("mkdirat")(folder, path, mode);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  hang(from_folder, from);
  return real<int (*)(int, const char*, int, const char*)>("renameat")(from_folder, from, to_folder,
                                                                       to);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  hang(folder, path);
  return real<int (*)(int, const char*, int)>("unlinkat")(folder, path, flags);
}
int unlink(const char* path) noexcept {
  hang(AT_FDCWD, path);
  return real<int (*)(const char*)>("unlink")(path);
}
int fsync(int descriptor) {
  if (std::getenv("ICOM_SHARE_NO_SYNC") != nullptr && is_folder_of_share(descriptor)) {
    errno = EINVAL;
    return -1;
  }
  return real<int (*)(int)>("fsync")(descriptor);
}

}  // extern "C"
