// `icom-agent add-linac`: looks at a Linac, writes it into the site's file, sees it taken up.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/supervise/probe.hpp"
#include "common/config/site_settings.hpp"

namespace icom::supervise {

struct AddLinacOptions {
  std::filesystem::path site_file;
  config::LinacSettings linac;
  std::string spool_of;              ///< serial whose spool is this Linac's from now on, or empty
  bool check = true;                 ///< the Linac is looked at first
  std::chrono::milliseconds look{};  ///< for how long
  bool yes = false;                  ///< nothing is asked
  bool json = false;
};

/// What is to be said of a Linac that answers before it is written, in words.
struct LinacDoubts {
  /// It calls itself something else than its serial: probably another machine.
  std::optional<std::string> identity;
  std::vector<std::string> others;
};
LinacDoubts doubts_about(const ProbeReport& report, const config::LinacSettings& linac);

/// Gives the exit code. Throws ConfigError or std::invalid_argument if the site's file is wrong or
/// has no room for this Linac; nothing was asked of the Linac then.
int add_linac(const AddLinacOptions& options);

}  // namespace icom::supervise
