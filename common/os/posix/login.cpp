#include <pwd.h>
#include <shadow.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "common/os/login.hpp"

namespace icom::os {

namespace {

using LoginRoom = std::array<char, 16384>;

std::optional<bool> has_locked_password(const std::string& name) {
  LoginRoom room;
  spwd entry{};
  spwd* found = nullptr;
  ::getspnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (found == nullptr || found->sp_pwdp == nullptr) return std::nullopt;
  return *found->sp_pwdp == '!';
}

}  // namespace

std::optional<Login> login_of(const std::string& name) {
  LoginRoom room;
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (found == nullptr) {
    // As POSIX and the manual have it: some directory services say one of these.
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) {
      return std::nullopt;
    }
    throw std::system_error(error, std::generic_category(), "cannot look up account " + name);
  }
  const std::string shell = found->pw_shell == nullptr ? "" : found->pw_shell;
  return Login{found->pw_uid, found->pw_gid, shell.empty() ? "/bin/sh" : shell,
               has_locked_password(name)};
}

}  // namespace icom::os
