// A program that works for a whole site: from its command line to its exit code.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "common/config/site_settings.hpp"
#include "common/os/handle.hpp"

namespace icom::program {

/// Exit codes, beside 0.
inline constexpr int kFailed = 1;
inline constexpr int kWrongSettings = 2;

/// Where a program's settings come from.
struct SiteOptions {
  std::filesystem::path file;
  /// What cannot change while a site's programs run, as they were started: one that is started
  /// again beside the others must not take from the file what they have not taken. Empty: as in the
  /// file.
  std::string site;
  std::filesystem::path spool;
  /// A socket to the supervisor that wants signs of life; -1: there is none.
  os::NativeSocket heartbeat = os::kNoSocket;

  /// Throws ConfigError.
  [[nodiscard]] config::SiteSettings load() const;
};

struct SiteProgram {
  const char* name;
  const char* description;
  const char* footer;
  /// Runs until it is stopped, and gives the exit code. May throw.
  std::function<int(const SiteOptions& options)> run;
};

/// Takes `--site FILE`, `--site-name NAME`, `--spool DIR`, `--heartbeat DESCRIPTOR`,
/// `--log-level LEVEL`, `--version` and `--help`; sets logging up; runs it. A ConfigError goes to
/// stderr as it is.
int run_site_program(const SiteProgram& program, int argc, char** argv);

}  // namespace icom::program
