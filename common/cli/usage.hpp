// What is said of a command line that cannot be taken.
#pragma once

#include <CLI/CLI.hpp>

namespace icom::cli {

/// Prints what `error`, thrown by app.parse(), says: help and the version to stdout, mistakes to
/// stderr, with the command or the option that was probably meant. Returns 0 for help and the
/// version, something else for a mistake.
int tell_usage(const CLI::App& app, const CLI::ParseError& error);

}  // namespace icom::cli
