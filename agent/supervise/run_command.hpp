// icom-agent run.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace icom::supervise {

struct RunOptions {
  std::filesystem::path site_file;
  std::filesystem::path program_folder;  ///< of icom-listen, icom-forward and icom-fanout
  std::string log_level;
  /// How long a stop may wait for the ends of beams. The service manager must allow more.
  std::chrono::milliseconds stop_within{0};
};

/// Until SIGTERM or SIGINT. Returns the exit code. Throws ConfigError.
int run_site(const RunOptions& options);

}  // namespace icom::supervise
