#include "agent/supervise/site_plan.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/forward/status_files.hpp"
#include "agent/listen/listen_program.hpp"
#include "agent/supervise/leave_request.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {

namespace {

/// How long the forwarder may take to tell of what it has just read, and a little more.
constexpr std::chrono::milliseconds kStatusDelay{1200};

/// Between two lines about a beam that is waited for.
constexpr std::chrono::seconds kTellEach{10};

boost::asio::awaitable<bool> leave(std::filesystem::path spool, std::string name,
                                   std::chrono::milliseconds within) {
  using Clock = std::chrono::steady_clock;
  LeaveProgress progress;
  progress.waiting = [name, told = Clock::time_point{}](auto since_change, auto left) mutable {
    if (told != Clock::time_point{} && Clock::now() - told < kTellEach) return;
    told = Clock::now();
    spdlog::info("{} stays while a beam may be on: MU changed {:.1f} s ago; for {} s at most", name,
                 static_cast<double>(since_change.count()) / 1000, left.count() / 1000);
  };
  progress.leaving = [name](const std::string& why) { spdlog::info("{} leaves: {}", name, why); };
  const auto outcome = co_await ask_to_leave(std::move(spool), within, std::move(progress));
  co_return outcome == LeaveOutcome::leaving;
}

/// A program of the whole site, which reads its spools. Started again it must read those that are
/// written, whatever the file says by then.
ChildPlan reader_plan(const char* name, const char* program, const std::filesystem::path& site_file,
                      const config::SiteSettings& site, const Programs& programs,
                      std::function<bool()> runs_elsewhere, std::function<ProcessId()> elsewhere) {
  ChildPlan plan;
  plan.name = name;
  plan.command = {programs.folder / program,
                  {"--site", site_file.string(), "--site-name", site.site, "--spool",
                   site.spool.directory.string(), "--log-level", programs.log_level}};
  plan.runs_elsewhere = std::move(runs_elsewhere);
  plan.elsewhere = std::move(elsewhere);
  return plan;
}

}  // namespace

bool is_running(const std::filesystem::path& linac_folder) {
  return os::is_locked(os::real_file_system(), linac_folder / spool::kLockFile);
}

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
    plan.keeper_option = "--keeper";
    plan.runs_elsewhere = [&files, lock = spool / spool::kLockFile] {
      return os::is_locked(files, lock);
    };
    plan.elsewhere = [spool]() -> ProcessId {
      const auto status = forward::read_listener_status(spool);
      return status ? status->pid : 0;
    };
    plan.ask_to_leave = [spool, name = plan.name](std::chrono::milliseconds within) {
      return leave(spool, name, within);
    };
    plan.unwanted = [spool] {
      std::error_code unknown;
      return std::filesystem::exists(spool / listen::kDrainedFile, unknown);
    };
    plan.want = [&files, spool] { files.remove(spool / listen::kDrainedFile); };
    plan.connected_to = linac.address.text();
    plan.successor = plan.command;
    plan.successor->arguments.emplace_back("--take-over");
    plans.push_back(std::move(plan));
  }
  return plans;
}

config::SiteSettings as_it_runs(config::SiteSettings site) {
  std::error_code unknown;
  for (const auto& folder : std::filesystem::directory_iterator(site.spool.directory, unknown)) {
    // Asking makes the file where there is none.
    if (!std::filesystem::exists(folder.path() / spool::kLockFile, unknown)) continue;
    if (!is_running(folder.path())) continue;
    const auto status = forward::read_listener_status(folder.path());
    const auto serial = folder.path().filename().string();
    if (!status || status->serial != serial) continue;
    const auto address = config::parse_address(status->address, config::kIcomPort);
    if (!address) continue;
    const auto linac = std::ranges::find(site.linacs, serial, &config::LinacSettings::serial);
    if (linac == site.linacs.end()) {
      site.linacs.push_back({.serial = serial, .address = *address});
    } else {
      linac->address = *address;
    }
  }
  return site;
}

ChildPlan forwarder_plan(const std::filesystem::path& site_file, const config::SiteSettings& site,
                         const Programs& programs, os::FileSystem& files) {
  const auto spool = site.spool.directory;
  return reader_plan(
      "forward", "icom-forward", site_file, site, programs,
      [&files, spool] { return os::is_locked(files, spool / forward::kForwardLockFile); },
      [spool]() -> ProcessId {
        const auto status = forward::read_forward_status(spool);
        return status ? status->pid : 0;
      });
}

std::optional<ChildPlan> fan_out_plan(const std::filesystem::path& site_file,
                                      const config::SiteSettings& site, const Programs& programs,
                                      os::FileSystem& files) {
  if (site.fan_out.ports.empty()) return std::nullopt;
  const auto spool = site.spool.directory;
  return reader_plan(
      "fanout", "icom-fanout", site_file, site, programs,
      [&files, spool] { return os::is_locked(files, spool / fanout::kFanOutLockFile); },
      [spool]() -> ProcessId {
        const auto status = fanout::read_fan_out_status(spool);
        return status ? status->pid : 0;
      });
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
