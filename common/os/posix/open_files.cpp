#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "common/os/open_files.hpp"

namespace icom::os {

std::optional<bool> has_open(std::int64_t process, const std::filesystem::path& file) {
  struct stat named {};
  const bool is_there = ::stat(file.c_str(), &named) == 0;
  if (!is_there && errno != ENOENT && errno != ENOTDIR) return std::nullopt;
  std::error_code error;
  const std::filesystem::path descriptors = "/proc/" + std::to_string(process) + "/fd";
  for (std::filesystem::directory_iterator at(descriptors, error), end; !error && at != end;
       at.increment(error)) {
    struct stat open {};
    if (is_there && ::stat(at->path().c_str(), &open) == 0 && open.st_dev == named.st_dev &&
        open.st_ino == named.st_ino) {
      return true;
    }
  }
  return error ? std::nullopt : std::optional(false);
}

}  // namespace icom::os
