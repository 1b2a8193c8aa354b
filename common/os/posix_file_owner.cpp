#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/os/file_owner.hpp"

namespace icom::os {

std::optional<UserId> owner_of(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? std::optional<UserId>(status.st_uid) : std::nullopt;
}

bool is_closed_to_us(const std::filesystem::path& file) {
  return ::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0 && errno == EACCES;
}

bool is_open_to_group(const std::filesystem::path& folder, UserId group) {
  constexpr mode_t kGroups = S_IRGRP | S_IXGRP;
  constexpr mode_t kAlls = S_IROTH | S_IXOTH;
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return false;
  const mode_t needed = status.st_gid == group ? kGroups : kAlls;
  return (status.st_mode & needed) == needed;
}

bool same_owner(const std::filesystem::path& file, const std::filesystem::path& other) {
  const auto one = owner_of(file);
  return one && one == owner_of(other);
}

}  // namespace icom::os
