#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <tuple>
#include <vector>

#include "common/os/limited_thread.hpp"
#include "common/os/posix/kept_dumpable.hpp"
#include "common/os/users.hpp"
#include "common/os/way_owner.hpp"

namespace icom::os {

namespace {

/// Longer entries do not occur: a name, a home, a shell.
using Room = std::array<char, 16384>;

/// As POSIX and the manual have it: some directory services say one of these.
bool means_there_is_none(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

void check_acting(bool done, const std::filesystem::path& folder) {
  if (done) return;
  throw std::system_error(errno, std::generic_category(),
                          "cannot act for the owner of " + folder.string());
}

/// Those of the account, as after its login. Returns its own.
gid_t take_groups_of(const WayOwner& owner, const std::filesystem::path& path) {
  Room room;
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(owner.user, &entry, room.data(), room.size(), &found);
  const gid_t group = found == nullptr ? owner.group : found->pw_gid;
  check_acting(
      (found == nullptr ? ::setgroups(1, &group) : ::initgroups(found->pw_name, group)) == 0, path);
  return group;
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

std::string user_name_within(std::chrono::milliseconds limit, UserId user) {
  return answer_within<std::string>(limit, "names", [user]() noexcept { return user_name(user); })
      .value_or(std::to_string(user));
}

UserId own_user() {
  return ::geteuid();
}

void become_owner_of(const std::filesystem::path& folder) {
  if (::geteuid() != 0) return;
  const WayOwner owner = owner_of_way(folder);
  if (owner.user == 0) return;
  const gid_t group = take_groups_of(owner, folder);
  check_acting(::setgid(group) == 0 && ::setuid(owner.user) == 0, folder);
}

struct ActingForOwner::Before {
  void restore() const {
    // The user first, without whom the groups may not be changed. None of it fails for who was
    // root; if it did, what follows would lack rights, and say so.
    std::ignore = ::seteuid(0);
    std::ignore = ::setegid(group);
    std::ignore = ::setgroups(groups.size(), groups.data());
  }

  KeptDumpable dumpable;  // the last that goes
  gid_t group = ::getegid();
  std::vector<UserId> groups;
};

ActingForOwner::ActingForOwner(const std::filesystem::path& folder) {
  if (::geteuid() != 0) return;
  const WayOwner owner = owner_of_way(folder);
  if (owner.user == 0) return;
  before_ = std::make_unique<Before>();
  const int count = ::getgroups(0, nullptr);
  before_->groups.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  check_acting(count >= 0 && ::getgroups(count, before_->groups.data()) == count, folder);
  try {
    const gid_t group = take_groups_of(owner, folder);
    check_acting(::setegid(group) == 0 && ::seteuid(owner.user) == 0, folder);
  } catch (const std::system_error&) {
    before_->restore();
    throw;
  }
  owner_ = owner.user;
}

ActingForOwner::~ActingForOwner() {
  if (owner_) before_->restore();
}

}  // namespace icom::os
