// `icom-gateway check`.
#pragma once

#include <filesystem>
#include <iosfwd>

namespace icom::serve {

/// Looks at every setting, file, key, directory and port without starting anything, and writes one
/// line for each: `ok` or `FAIL`, what, and what to do. Gives the program's exit code: 0 if all is
/// well, 2 if anything is not.
int check(const std::filesystem::path& config, std::ostream& out);

/// check() on stdout.
int run_check(const std::filesystem::path& config);

}  // namespace icom::serve
