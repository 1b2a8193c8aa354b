// An account of this machine with all that it may, and doing something as it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/os/users.hpp"

namespace icom::os {

/// As after a login: the directory service's groups and no capabilities.
struct Account {
  UserId user = 0;
  UserId group = 0;
  std::vector<UserId> groups;  ///< the supplementary ones, `group` may be among them
  std::string name;            ///< its number where it has none

  [[nodiscard]] bool is_in(UserId wanted) const;

  bool operator==(const Account&) const = default;
};

// What follows asks the machine's directory service, which answers when it likes. Thread-safe.

/// By name, or by number; nullopt if this machine has no account of that name. A number needs no
/// name: it is then an account in the group of the same number. Throws std::system_error if that
/// cannot be found out.
std::optional<Account> account_named(const std::string& name);
/// By number: what the directory service has of it or, if it has nothing, `group` alone and the
/// number for a name. Throws std::system_error if that cannot be found out.
Account account_of(UserId user, UserId group);
/// As which a process runs, with the groups that it really has. nullopt if there is no such
/// process, or the machine does not say.
std::optional<Account> account_of_process(std::int64_t process);

/// What this process acts with itself.
Account own_account();
/// This process may give files to that group. Asks nobody but the kernel.
bool is_own_group(UserId group);

/// What `work` returns, in a child process that has the account's rights and no others, and waited
/// for: what `work` changes in memory is lost with it. Root alone can do this for another account;
/// throws std::system_error where it cannot be done, std::runtime_error if the child was killed.
/// In the child only the calling thread goes on, so no other may hold what `work` needs. What
/// `work` throws is thrown here, as a std::runtime_error with the same text.
int run_as(const Account& account, const std::function<int()>& work);

/// nullopt if there is no such group. Asks the directory service; throws std::system_error if that
/// fails. Thread-safe.
std::optional<UserId> group_id(const std::string& name);

}  // namespace icom::os
