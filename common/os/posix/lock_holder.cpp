#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/os/lock_holder.hpp"
#include "common/os/open_files.hpp"

namespace icom::os {

namespace {

struct Lock {
  long process = 0;
  unsigned device_major = 0;
  unsigned device_minor = 0;
  unsigned long long inode = 0;
};

/// The kernel's list has a line for each lock: `1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF`,
/// with the device in hexadecimal and the file's number.
std::optional<Lock> read_lock(const std::string& line) {
  std::istringstream words(line);
  std::string number;
  std::string kind;
  std::string way;
  std::string access;
  std::string where;
  Lock lock;
  if (!(words >> number >> kind >> way >> access >> lock.process >> where) || kind != "FLOCK") {
    return std::nullopt;
  }
  std::istringstream parts(where);
  char colon = 0;
  parts >> std::hex >> lock.device_major >> colon >> lock.device_minor >> colon >> std::dec >>
      lock.inode;
  return parts ? std::optional(lock) : std::nullopt;
}

/// 0: nobody. Some file systems without a device of their own (their major number is 0) give stat()
/// another one than the list has. On such a device anybody may have a file of the same number: only
/// who has this very one open is believed.
long holder_of(const std::filesystem::path& path, const struct stat& file) {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    const auto lock = read_lock(line);
    if (!lock || lock->inode != file.st_ino) continue;
    const bool is_on_device =
        lock->device_major == major(file.st_dev) && lock->device_minor == minor(file.st_dev);
    if (is_on_device ||
        (lock->device_major == 0 && has_open(lock->process, path).value_or(false))) {
      return lock->process;
    }
  }
  return 0;
}

}  // namespace

std::optional<std::int64_t> lock_process(const std::filesystem::path& lock) {
  struct stat file {};
  const long process = ::stat(lock.c_str(), &file) == 0 ? holder_of(lock, file) : 0;
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
