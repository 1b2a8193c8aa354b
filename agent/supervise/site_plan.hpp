// What runs at a site, and when its forwarder has nothing left to do.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/supervise/child.hpp"
#include "common/config/site_settings.hpp"
#include "common/os/file_system.hpp"

namespace icom::supervise {

struct Programs {
  std::filesystem::path folder;  ///< where icom-listen, icom-forward and icom-fanout are
  std::string log_level;         ///< theirs
};

/// Whether a listener holds this Linac's folder of the spool directory.
bool is_running(const std::filesystem::path& linac_folder);

/// Whether `process` is this program of ours, at work on this spool directory: a status file may
/// name a process that has ended, and whose number another has by now.
bool is_program_of(ProcessId process, std::string_view program, const std::filesystem::path& spool);
/// The same for icom-listen, at work on this Linac.
bool is_listener_of(ProcessId process, std::string_view serial, const std::filesystem::path& spool);

/// Of the plan of its listener.
std::string listener_name(std::string_view serial);

/// One per Linac, in the file's order. `files` must outlive them.
std::vector<ChildPlan> listener_plans(const config::SiteSettings& site, const Programs& programs,
                                      os::FileSystem& files);
/// The site as its listeners run, left by a supervisor that was killed: Linacs have the addresses
/// that they are connected to, and those that are not in the settings any more are there, too. What
/// cannot be known is as in the settings.
config::SiteSettings as_it_runs(config::SiteSettings site);
ChildPlan forwarder_plan(const std::filesystem::path& site_file, const config::SiteSettings& site,
                         const Programs& programs, os::FileSystem& files);

/// None where no Linac has a port, but for one that runs already: somebody is to stop it.
std::optional<ChildPlan> fan_out_plan(const std::filesystem::path& site_file,
                                      const config::SiteSettings& site, const Programs& programs,
                                      os::FileSystem& files);

/// Whether waiting for the forwarder is of no more use. To be asked once all listeners have ended:
/// what they left takes up to a second to show in the forwarder's status.
class DrainCheck {
 public:
  explicit DrainCheck(std::filesystem::path spool_directory)
      : spool_directory_(std::move(spool_directory)) {}
  bool operator()();

 private:
  std::filesystem::path spool_directory_;
  std::chrono::steady_clock::time_point first_asked_{};
};

}  // namespace icom::supervise
