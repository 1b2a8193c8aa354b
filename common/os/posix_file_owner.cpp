#include <sys/stat.h>

#include "common/os/file_owner.hpp"

namespace icom::os {

std::optional<UserId> owner_of(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? std::optional<UserId>(status.st_uid) : std::nullopt;
}

bool same_owner(const std::filesystem::path& file, const std::filesystem::path& other) {
  const auto one = owner_of(file);
  return one && one == owner_of(other);
}

}  // namespace icom::os
