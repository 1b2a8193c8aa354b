#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/os/posix/byte_lock_owner.hpp"

namespace icom::os {

namespace {

namespace fs = std::filesystem;

bool is_number(const std::string& text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

/// A line of a descriptor's locks: `lock: 1: OFDLCK  ADVISORY  READ -1 08:01:1234 17 17`.
bool locks_byte(const std::string& line, off_t byte) {
  std::istringstream words(line);
  std::string label;
  std::string number;
  std::string kind;
  std::string way;
  std::string access;
  std::string process;
  std::string where;
  std::string first;
  words >> label >> number >> kind >> way >> access >> process >> where >> first;
  return label == "lock:" && kind == "OFDLCK" && first == std::to_string(byte);
}

bool shows_lock(const fs::path& information, off_t byte) {
  std::ifstream file(information);
  for (std::string line; std::getline(file, line);) {
    if (locks_byte(line, byte)) return true;
  }
  return false;
}

/// `process`: its folder in /proc.
bool process_locks(const fs::path& process, const struct stat& locked, off_t byte,
                   const fs::path& left_out) {
  std::error_code gone;
  for (fs::directory_iterator at(process / "fd", gone), end; !gone && at != end;
       at.increment(gone)) {
    struct stat open {};
    if (at->path() != left_out && ::stat(at->path().c_str(), &open) == 0 &&
        open.st_dev == locked.st_dev && open.st_ino == locked.st_ino &&
        shows_lock(process / "fdinfo" / at->path().filename(), byte)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool byte_lock_is_ours(int descriptor, off_t byte) {
  struct stat locked {};
  if (::fstat(descriptor, &locked) != 0) return true;
  const fs::path asking =
      fs::path("/proc") / std::to_string(::getpid()) / "fd" / std::to_string(descriptor);
  std::error_code error;
  fs::directory_iterator at("/proc", error);
  for (const fs::directory_iterator end; !error && at != end; at.increment(error)) {
    struct stat process {};
    if (!is_number(at->path().filename()) || ::stat(at->path().c_str(), &process) != 0) continue;
    // To root, who may ask for a folder of another account, that account's count as well; where
    // others may write in a folder of root's, nobody can say whose are meant.
    const bool is_shared = locked.st_uid == 0 && (locked.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    const bool is_owners = process.st_uid == locked.st_uid || is_shared;
    const bool is_ours = process.st_uid == ::geteuid() || (::geteuid() == 0 && is_owners);
    if (is_ours && process_locks(at->path(), locked, byte, asking)) return true;
  }
  return error.operator bool();
}

}  // namespace icom::os
