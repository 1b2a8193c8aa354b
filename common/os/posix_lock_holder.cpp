#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <sstream>

#include "common/os/lock_holder.hpp"

namespace icom::os {

namespace {

/// The kernel's list has a line for each lock: `1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF`,
/// with the device in hexadecimal and the file's number.
long holder_of(const struct stat& file) {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number;
    std::string kind;
    std::string way;
    std::string access;
    std::string where;
    long process = 0;
    if (!(words >> number >> kind >> way >> access >> process >> where) || kind != "FLOCK") {
      continue;
    }
    std::istringstream parts(where);
    unsigned device_major = 0;
    unsigned device_minor = 0;
    unsigned long long inode = 0;
    char colon = 0;
    parts >> std::hex >> device_major >> colon >> device_minor >> colon >> std::dec >> inode;
    // Some file systems give stat() another device than the kernel's list has.
    const bool same_device =
        device_major == major(file.st_dev) && device_minor == minor(file.st_dev);
    if (inode == file.st_ino && (same_device || device_major == 0)) return process;
  }
  return 0;
}

}  // namespace

std::optional<std::int64_t> lock_process(const std::filesystem::path& lock) {
  struct stat file {};
  const long process = ::stat(lock.c_str(), &file) == 0 ? holder_of(file) : 0;
  return process > 0 ? std::optional<std::int64_t>(process) : std::nullopt;
}

std::string lock_holder(const std::filesystem::path& lock) {
  const auto process = lock_process(lock);
  if (!process) return "another process";
  std::string name;
  std::ifstream("/proc/" + std::to_string(*process) + "/comm") >> name;
  return "process " + std::to_string(*process) + (name.empty() ? "" : " (" + name + ")");
}

}  // namespace icom::os
