#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <tuple>

#include "common/os/account.hpp"
#include "common/os/handle.hpp"

namespace icom::os {

namespace {

constexpr std::size_t kEntryRoom = 16384;
/// A directory service may have a group with thousands of members.
constexpr std::size_t kMostEntryRoom = 1 << 20;

std::vector<UserId> groups_of(const char* name, gid_t group) {
  int count = 64;
  std::vector<UserId> groups(static_cast<std::size_t>(count));
  while (::getgrouplist(name, group, groups.data(), &count) < 0) {
    groups.resize(std::max(static_cast<std::size_t>(count), groups.size() * 2));
    count = static_cast<int>(groups.size());
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

Account account_of(const passwd& entry) {
  return {entry.pw_uid, entry.pw_gid, groups_of(entry.pw_name, entry.pw_gid), entry.pw_name};
}

void require_done(bool done, const Account& account) {
  if (done) return;
  throw std::system_error(errno, std::generic_category(), "cannot act as account " + account.name);
}

/// For a sentence from a child: short enough for a pipe to hold it all.
class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
    }
    read_ = FileHandle(ends[0]);
    write_ = FileHandle(ends[1]);
  }
  void write(std::string_view text) const {
    std::ignore = ::write(write_.get(), text.data(), std::min(text.size(), kMost));
  }
  /// Of a child that has ended.
  std::string text() {
    write_.reset();
    std::string text(kMost, '\0');
    const ssize_t got = ::read(read_.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  static constexpr std::size_t kMost = 4096;
  FileHandle read_;
  FileHandle write_;
};

/// For good: the saved numbers too, so that nothing leads back, and the capabilities go with root.
void become(const Account& account) {
  if (::geteuid() == account.user && account.user != 0) return;
  require_done(::setgroups(account.groups.size(), account.groups.data()) == 0 &&
                   ::setresgid(account.group, account.group, account.group) == 0 &&
                   ::setresuid(account.user, account.user, account.user) == 0,
               account);
}

/// Why there is no outcome goes into the pipe.
int exit_code_as(const Account& account, const std::function<int()>& work, const Pipe& why) {
  try {
    become(account);
    return work();
  } catch (const std::exception& error) {
    why.write(error.what());
    return 1;
  }
}

std::vector<UserId> own_groups() {
  const int count = ::getgroups(0, nullptr);
  std::vector<UserId> groups(count > 0 ? static_cast<std::size_t>(count) : 0);
  const int got = ::getgroups(count, groups.data());
  groups.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return groups;
}

/// As POSIX and the manual have it: some directory services say one of these.
bool says_there_is_none(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

}  // namespace

bool Account::is_in(UserId wanted) const {
  return group == wanted || std::ranges::find(groups, wanted) != groups.end();
}

std::optional<Account> account_named(const std::string& name) {
  const auto number = user_number(name);
  const auto user = number ? number : user_id(name);
  return user ? std::optional(account_of(*user, *user)) : std::nullopt;
}

Account account_of(UserId user, UserId group) {
  for (std::vector<char> room(kEntryRoom);; room.resize(room.size() * 2)) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = ::getpwuid_r(user, &entry, room.data(), room.size(), &found);
    if (found != nullptr) return account_of(*found);
    if (error == ERANGE && room.size() < kMostEntryRoom) continue;
    if (says_there_is_none(error)) return {user, group, {group}, std::to_string(user)};
    throw std::system_error(error, std::generic_category(),
                            "cannot look up account " + std::to_string(user));
  }
}

std::optional<Account> account_of_process(std::int64_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  Account account;
  bool is_known = false;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string key;
    UserId real = 0;
    words >> key;
    if (key == "Uid:") is_known = static_cast<bool>(words >> real >> account.user);
    if (key == "Gid:") words >> real >> account.group;
    if (key == "Groups:") {
      for (UserId group = 0; words >> group;) account.groups.push_back(group);
    }
  }
  if (!is_known) return std::nullopt;
  account.name = user_name(account.user);
  return account;
}

Account own_account() {
  return {::geteuid(), ::getegid(), own_groups(), user_name(::geteuid())};
}

bool is_own_group(UserId group) {
  return ::geteuid() == 0 || Account{::geteuid(), ::getegid(), own_groups(), {}}.is_in(group);
}

int run_as(const Account& account, const std::function<int()>& work) {
  Pipe why;
  std::cout.flush();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  require_done(child >= 0, account);
  if (child == 0) {
    const int code = exit_code_as(account, work, why);
    std::cout.flush();
    std::cerr.flush();
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) require_done(errno == EINTR, account);
  if (const std::string text = why.text(); !text.empty()) throw std::runtime_error(text);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  throw std::runtime_error("what was done as account " + account.name + " was killed by signal " +
                           std::to_string(WTERMSIG(status)));
}

std::optional<UserId> group_id(const std::string& name) {
  for (std::vector<char> room(kEntryRoom);; room.resize(room.size() * 2)) {
    struct group entry {};
    struct group* found = nullptr;
    const int error = ::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
    if (found != nullptr) return found->gr_gid;
    if (error == ERANGE && room.size() < kMostEntryRoom) continue;
    if (says_there_is_none(error)) return std::nullopt;
    throw std::system_error(error, std::generic_category(), "cannot look up group " + name);
  }
}

}  // namespace icom::os
