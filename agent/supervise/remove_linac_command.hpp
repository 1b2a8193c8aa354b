// `icom-agent remove-linac`: takes a Linac out of the site's file.
#pragma once

#include <filesystem>
#include <string>

namespace icom::supervise {

struct RemoveLinacOptions {
  std::filesystem::path site_file;
  std::string serial;
  bool json = false;
};

/// Gives the exit code. Throws ConfigError or std::invalid_argument if the site's file is wrong or
/// has no such Linac. The spool stays.
int remove_linac(const RemoveLinacOptions& options);

}  // namespace icom::supervise
