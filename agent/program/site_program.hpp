// A program that works for a whole site: from its command line to its exit code.
#pragma once

#include <filesystem>
#include <functional>

namespace icom::program {

/// Exit codes, beside 0.
inline constexpr int kFailed = 1;
inline constexpr int kWrongSettings = 2;

struct SiteProgram {
  const char* name;
  const char* description;
  const char* footer;
  /// Runs until it is stopped, and gives the exit code. May throw.
  std::function<int(const std::filesystem::path& site_file)> run;
};

/// Takes `--site FILE`, `--log-level LEVEL`, `--version` and `--help`; sets logging up; runs it. A
/// ConfigError goes to stderr as it is.
int run_site_program(const SiteProgram& program, int argc, char** argv);

}  // namespace icom::program
