// A site whose settings file is gone: what this machine tells of its programs all the same.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "agent/supervise/running_site.hpp"
#include "common/os/file_system.hpp"

namespace icom::supervise {

struct LostSite {
  std::filesystem::path spool;
  /// With an `icom-agent run`, if one runs.
  std::optional<RunningSite> running;
  /// Of its programs at least one runs, be it without `icom-agent run`.
  bool any_runs = false;
  /// The settings with which they work, or worked last; empty if nothing of them is kept.
  std::filesystem::path copy;
};

/// By the programs that were started with `site_file`, which name the spool directory; where none
/// runs, by what is left in `usual_spool`, where programs of that very file work as a rule (empty:
/// nowhere). Nothing if `site_file` is there, or nothing is found.
std::optional<LostSite> find_lost_site(os::FileSystem& files,
                                       const std::filesystem::path& site_file,
                                       const std::filesystem::path& usual_spool);

/// The spool directory that add-site's settings name, for the file in its usual place; empty for
/// any other.
std::filesystem::path usual_spool_of(const std::filesystem::path& site_file);

/// What is the matter, what goes on, and what to do.
std::string text_of(const LostSite& lost, const std::filesystem::path& site_file);

}  // namespace icom::supervise
