#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "common/os/users.hpp"

namespace icom::os {

namespace {

/// Longer entries do not occur: a name, a home, a shell.
using Room = std::array<char, 16384>;

/// As POSIX and the manual have it: some directory services say one of these.
bool means_there_is_none(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

}  // namespace

std::optional<UserId> user_number(const std::string& text) {
  UserId number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = wrong == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional(number) : std::nullopt;
}

std::optional<UserId> user_id(const std::string& name) {
  Room room;
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (!means_there_is_none(error)) {
    throw std::system_error(error, std::generic_category(), "cannot look up account " + name);
  }
  return found == nullptr ? std::nullopt : std::optional<UserId>(found->pw_uid);
}

std::string user_name(UserId user) {
  Room room;
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(user, &entry, room.data(), room.size(), &found);
  return found == nullptr ? std::to_string(user) : found->pw_name;
}

UserId own_user() {
  return ::geteuid();
}

void become_owner_of(const std::filesystem::path& folder) {
  const auto check = [&folder](bool done) {
    if (!done) {
      throw std::system_error(errno, std::generic_category(),
                              "cannot act for the owner of " + folder.string());
    }
  };
  struct stat owner {};
  if (::geteuid() != 0) return;
  check(::lstat(folder.c_str(), &owner) == 0);
  if (owner.st_uid == 0) return;
  Room room;
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(owner.st_uid, &entry, room.data(), room.size(), &found);
  const gid_t group = found == nullptr ? owner.st_gid : found->pw_gid;
  check(found == nullptr ? ::setgroups(1, &group) == 0 : ::initgroups(found->pw_name, group) == 0);
  check(::setgid(group) == 0 && ::setuid(owner.st_uid) == 0);
}

}  // namespace icom::os
