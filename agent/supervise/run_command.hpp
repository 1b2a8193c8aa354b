// icom-agent run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace icom::supervise {

struct RunOptions {
  std::filesystem::path site_file;
  std::filesystem::path program_folder;  ///< of icom-listen and icom-forward
  std::string log_level;
};

/// Until SIGTERM or SIGINT. Returns the exit code. Throws ConfigError.
int run_site(const RunOptions& options);

}  // namespace icom::supervise
