#include <sys/stat.h>

#include <string>

#include "common/os/process_program.hpp"

namespace icom::os {

std::optional<bool> runs_program(std::int64_t process, const std::filesystem::path& program) {
  // The kernel follows this link to the file itself, whatever name that has by now, if any. As long
  // as the process runs no other file gets its number.
  const std::string running = "/proc/" + std::to_string(process) + "/exe";
  struct stat ours {};
  struct stat installed {};
  if (::stat(running.c_str(), &ours) != 0 || ::stat(program.c_str(), &installed) != 0) {
    return std::nullopt;
  }
  return ours.st_dev == installed.st_dev && ours.st_ino == installed.st_ino;
}

}  // namespace icom::os
