#include "agent/supervise/site_plan.hpp"

#include <algorithm>
#include <memory>

#include "agent/forward/status_files.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {

namespace {

/// How long the forwarder may take to tell of what it has just read, and a little more.
constexpr std::chrono::milliseconds kStatusDelay{1200};

/// True while another process holds the lock. Taking it for a moment is the one test that no reused
/// process number can mislead; nobody but us starts that process, so nobody misses the lock
/// meanwhile.
bool is_held(os::FileSystem& files, const std::filesystem::path& lock) {
  std::unique_ptr<os::File> held;
  return files.lock(lock, held) == std::errc::resource_unavailable_try_again;
}

}  // namespace

std::vector<ChildPlan> listener_plans(const config::SiteSettings& site, const Programs& programs,
                                      os::FileSystem& files) {
  std::vector<ChildPlan> plans;
  for (const auto& linac : site.linacs) {
    const auto spool = site.spool.directory / linac.serial;
    ChildPlan plan;
    plan.name = "listen " + linac.serial;
    plan.command = {programs.folder / "icom-listen",
                    {"--linac", linac.address.text(), "--serial", linac.serial, "--spool",
                     site.spool.directory.string(), "--max-bytes",
                     std::to_string(site.spool.max_bytes), "--log-level", programs.log_level}};
    plan.runs_elsewhere = [&files, lock = spool / spool::kLockFile] {
      return is_held(files, lock);
    };
    plan.elsewhere = [spool]() -> ProcessId {
      const auto status = forward::read_listener_status(spool);
      return status ? status->pid : 0;
    };
    plans.push_back(std::move(plan));
  }
  return plans;
}

ChildPlan forwarder_plan(const std::filesystem::path& site_file, const config::SiteSettings& site,
                         const Programs& programs, os::FileSystem& files) {
  const auto spool = site.spool.directory;
  ChildPlan plan;
  plan.name = "forward";
  plan.command = {programs.folder / "icom-forward",
                  {"--site", site_file.string(), "--log-level", programs.log_level}};
  plan.runs_elsewhere = [&files, lock = spool / forward::kForwardLockFile] {
    return is_held(files, lock);
  };
  plan.elsewhere = [spool]() -> ProcessId {
    const auto status = forward::read_forward_status(spool);
    return status ? status->pid : 0;
  };
  return plan;
}

bool DrainCheck::operator()() {
  const auto now = std::chrono::steady_clock::now();
  if (first_asked_ == std::chrono::steady_clock::time_point{}) first_asked_ = now;
  const auto status = forward::read_forward_status(spool_directory_);
  if (!status ||
      !forward::is_fresh(status->written_us, os::utc_now_us(), forward::kForwardFileLives)) {
    return true;
  }
  // One that is only just connecting may still make it.
  const auto sent = [&status](const forward::LinacForwardStatus& linac) {
    const bool refused = status->connected && !linac.accepted;
    return refused || linac.backlog_bytes == 0;
  };
  return now - first_asked_ >= kStatusDelay &&
         std::all_of(status->linacs.begin(), status->linacs.end(), sent);
}

}  // namespace icom::supervise
