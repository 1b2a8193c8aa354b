#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "common/os/file_owner.hpp"
#include "common/os/posix/file.hpp"

namespace icom::os {

std::optional<UserId> owner_of(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? std::optional<UserId>(status.st_uid) : std::nullopt;
}

bool is_closed_to_us(const std::filesystem::path& file) {
  return ::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES;
}

std::error_code why_not_readable(const std::filesystem::path& path) {
  std::error_code unknown;
  const int wanted = std::filesystem::is_directory(path, unknown) ? R_OK | X_OK : R_OK;
  if (::faccessat(AT_FDCWD, path.c_str(), wanted, AT_EACCESS) == 0) return {};
  if (errno == ENOENT || errno == ENOTDIR) return {};
  return last_error();
}

bool may_write_in(const std::filesystem::path& folder) {
  return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

bool may_others_write_in(const std::filesystem::path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return true;
  return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

bool is_open_to_group(const std::filesystem::path& folder, UserId group) {
  constexpr mode_t kGroups = S_IRGRP | S_IXGRP;
  constexpr mode_t kAlls = S_IROTH | S_IXOTH;
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return false;
  const mode_t needed = status.st_gid == group ? kGroups : kAlls;
  return (status.st_mode & needed) == needed;
}

bool is_of_roots_own_group(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return false;
  bool is_roots = false;
  bool is_others = false;
  ::setpwent();
  while (const struct passwd* const account = ::getpwent()) {
    if (account->pw_gid != status.st_gid) continue;
    (account->pw_uid == 0 ? is_roots : is_others) = true;
  }
  ::endpwent();
  const struct group* const named = ::getgrgid(status.st_gid);
  for (char** member = named == nullptr ? nullptr : named->gr_mem; member && *member; ++member) {
    (std::string_view(*member) == "root" ? is_roots : is_others) = true;
  }
  return named != nullptr && is_roots && !is_others;
}

bool same_owner(const std::filesystem::path& file, const std::filesystem::path& other) {
  const auto one = owner_of(file);
  return one && one == owner_of(other);
}

void keep_to_own_group(File& file) {
  const auto* const real = dynamic_cast<const PosixFile*>(&file);
  if (real == nullptr) return;  // of a file system that knows no groups
  const int descriptor = real->descriptor();
  struct stat status {};
  const bool lists_nobody = ::fremovexattr(descriptor, "system.posix_acl_access") == 0 ||
                            errno == ENODATA || errno == EOPNOTSUPP;
  const bool is_known = ::fstat(descriptor, &status) == 0;
  const bool own_group = is_known && (status.st_gid == ::getegid() ||
                                      ::fchown(descriptor, status.st_uid, ::getegid()) == 0);
  settle_mode(descriptor, lists_nobody && own_group ? kFileMode : kPrivateMode);
}

}  // namespace icom::os
