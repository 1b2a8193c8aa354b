// `icom-gateway check`.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "gateway/serve/service_account.hpp"

namespace icom::serve {

/// Looks at every setting, file, key, directory and port without starting anything, and writes one
/// line for each: `ok` or `FAIL`, what, and what to do. Gives the program's exit code: 0 if all is
/// well, 2 if anything is not, or could not be looked at.
///
/// `service` is the account that the gateway runs as. What this one is not the right one to say (it
/// is another account, and not root) is left out, and named in a line that fails.
int check(const std::filesystem::path& config, std::ostream& out, const ServiceAccount& service);
/// For a gateway that runs as this very account.
int check(const std::filesystem::path& config, std::ostream& out);

/// check() on stdout, for the account that service_account() finds. Run by root it is done by a
/// child process that has that account's rights and no more: root can read and write what the
/// gateway cannot. Then check_sshd(), which is root's to ask.
int run_check(const std::filesystem::path& config, const std::string& user);

}  // namespace icom::serve
