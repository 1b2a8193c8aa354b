// What the machine says of an account that is to log in.
#pragma once

#include <optional>
#include <string>

#include "common/os/users.hpp"

namespace icom::os {

struct Login {
  UserId user = 0;
  UserId group = 0;
  std::string shell;  ///< `/bin/sh` where the directory service names none
  /// Whether its password is locked (passwd(1), `usermod -L`); nullopt where this account may not
  /// know, or there is none.
  std::optional<bool> is_locked;
};

/// nullopt if there is no such account. Asks the directory service, which answers when it likes;
/// throws std::system_error if that fails. Thread-safe.
std::optional<Login> login_of(const std::string& name);

}  // namespace icom::os
