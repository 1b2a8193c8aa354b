#include "agent/supervise/run_command.hpp"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "agent/listen/listen_program.hpp"
#include "agent/program/changed_site.hpp"
#include "agent/program/spool_directory.hpp"
#include "agent/supervise/agent_control.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/agent_file_writer.hpp"
#include "agent/supervise/running_site.hpp"
#include "agent/supervise/site_plan.hpp"
#include "agent/supervise/stop_command.hpp"
#include "agent/supervise/supervisor.hpp"
#include "common/config/settings_watch.hpp"
#include "common/config/site_settings.hpp"
#include "common/control/protocol.hpp"
#include "common/os/file_system.hpp"
#include "common/os/not_as_root.hpp"
#include "common/os/path_text.hpp"
#include "common/os/process.hpp"
#include "common/os/process_command.hpp"
#include "common/os/real_process_host.hpp"
#include "common/os/service_manager.hpp"
#include "common/os/utc_clock.hpp"
#include "common/os/watched_file.hpp"

namespace icom::supervise {

namespace asio = boost::asio;

namespace {

/// Between two words to the service manager, and into agent.json, that the event loop runs.
constexpr std::chrono::seconds kAliveEach{1};
/// What a stop that goes on asks the service manager for, each time.
constexpr std::chrono::seconds kStopNeeds{15};

/// Shows each second that the event loop runs.
class LoopPulse {
 public:
  /// `channel_has_changed` is set by another thread, which waits for the disk.
  LoopPulse(asio::io_context& io, const os::ServiceManager& manager, AgentFileWriter& file,
            const Supervisor& supervisor, AgentControl& control,
            std::shared_ptr<std::atomic<bool>> channel_has_changed)
      : timer_(io),
        manager_(manager),
        file_(file),
        supervisor_(supervisor),
        control_(control),
        channel_has_changed_(std::move(channel_has_changed)) {
    beat();
  }

 private:
  void beat() {
    manager_.alive();
    file_.alive(supervisor_.waiting());
    if (channel_has_changed_->exchange(false)) control_.look_after_place();
    if (supervisor_.stopping()) {
      if (!std::exchange(stopping_, true)) manager_.stopping();
      manager_.needs(kStopNeeds);
    }
    timer_.expires_after(kAliveEach);
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error) beat();
    });
  }

  asio::steady_timer timer_;
  const os::ServiceManager& manager_;
  AgentFileWriter& file_;
  const Supervisor& supervisor_;
  AgentControl& control_;
  std::shared_ptr<std::atomic<bool>> channel_has_changed_;
  bool stopping_ = false;
};

void keep_fan_out(const RunOptions& options, const Programs& programs,
                  const config::SiteSettings& site, Supervisor& supervisor) {
  auto plan = fan_out_plan(options.site_file, site, programs, os::real_file_system());
  if (plan) supervisor.keep_fan_out(std::move(*plan));
}

/// Reads the site's settings again. Those with an error change nothing: what is wrong is returned.
std::string take_changes(const RunOptions& options, const Programs& programs,
                         config::SiteSettings& site, Supervisor& supervisor,
                         AgentFileWriter& agent_file) {
  auto changed = program::read_changed_site(options.site_file, site);
  if (!changed.settings) return changed.why_not;
  site = *std::move(changed.settings);
  agent_file.settings_read(text_of_running_site(os::real_file_system(), options.site_file, site));
  spdlog::info("settings are read again: {} Linacs", site.linacs.size());
  supervisor.apply(listener_plans(site, programs, os::real_file_system()));
  keep_fan_out(options, programs, site, supervisor);
  return {};
}

/// Looks, on a thread that may wait for the disk, whether the channel's file is another one than
/// before, or none: with its folder, it may be.
class ChannelWatch {
 public:
  explicit ChannelWatch(const std::filesystem::path& spool)
      : socket_(spool / control::kAgentSocket) {}

  bool has_changed() {
    std::error_code unknown;
    const auto found = file_ ? file_->look(unknown) : os::WatchedFile::Found::none;
    if (found == os::WatchedFile::Found::same || found == os::WatchedFile::Found::unknown) {
      return false;
    }
    file_.emplace(socket_);
    if (!file_->valid()) file_.reset();
    return true;
  }

 private:
  std::filesystem::path socket_;
  std::optional<os::WatchedFile> file_;
};

enum class RunEnd {
  over,
  another_runs,
  replaced,  ///< by the installed program, which is to come in this one's place
  left,      ///< was told to stop when it had already left what it ran
};

/// `ran_as`: with which settings.
RunEnd run_until_end(const RunOptions& options, const os::ServiceManager& manager,
                     config::SiteSettings& ran_as) {
  asio::io_context io(1);
  config::SettingsWatch settings(io.get_executor(), {options.site_file});
  auto site = config::load_site(options.site_file);
  if (const auto why = os::why_not_as_root(site.spool.directory, "icom-agent"); !why.empty()) {
    throw std::runtime_error(why);
  }
  // Two supervisors would each stop what the other runs.
  auto held = program::lock_spool_directory(site.spool.directory, kAgentLockFile,
                                            "another icom-agent run looks after");
  if (!held) return RunEnd::another_runs;
  const auto lock = std::make_shared<program::SpoolDirectoryLock>(site.spool.directory,
                                                                  kAgentLockFile, std::move(held));

  auto& files = os::real_file_system();
  // Whoever starts this wants listeners: nobody is forgotten over a restart.
  for (const auto& linac : site.linacs) {
    files.remove(site.spool.directory / linac.serial / listen::kDrainedFile);
  }
  const auto host = os::real_process_host(io.get_executor(), os::ChildrenOfBefore::are_collected);
  const Programs programs{options.program_folder, options.log_level};
  Supervisor supervisor(io.get_executor(), *host, listener_plans(as_it_runs(site), programs, files),
                        forwarder_plan(options.site_file, site, programs, files),
                        DrainCheck(site.spool.directory), {}, {.beams = options.stop_within});
  // What a supervisor before had not finished, or the file's change while none ran.
  supervisor.apply(listener_plans(site, programs, files));
  keep_fan_out(options, programs, site, supervisor);
  const auto channel_has_changed = std::make_shared<std::atomic<bool>>(false);
  // Only now: whoever reads its process number there may send signals to it.
  AgentFileWriter agent_file(
      files, site.spool.directory,
      {.pid = os::process_id(),
       .version = ICOM_VERSION,
       .started_us = os::utc_now_us(),
       .programs = std::filesystem::absolute(options.program_folder),
       .site = site.site,
       .settings_us = os::utc_now_us()},
      [lock, channel_has_changed, channel = std::make_shared<ChannelWatch>(site.spool.directory)] {
        const bool followed = lock->follow();
        if (channel->has_changed()) *channel_has_changed = true;
        return followed;
      });
  agent_file.settings_read(text_of_running_site(files, options.site_file, site));
  const auto reload = [&] { return take_changes(options, programs, site, supervisor, agent_file); };
  AgentControl control(io, {.supervisor = supervisor,
                            .host = *host,
                            .site = site,
                            .site_file = options.site_file,
                            .programs = std::filesystem::absolute(options.program_folder),
                            .status = [&agent_file] { return to_json(agent_file.now()); },
                            .reload_settings = reload});
  settings.start(reload);
  const LoopPulse pulse(io, manager, agent_file, supervisor, control, channel_has_changed);
  std::exception_ptr failure;
  asio::co_spawn(io, supervisor.run(), [&](const std::exception_ptr& thrown) {
    failure = thrown;
    io.stop();  // signals would be waited for on and on
  });
  manager.ready();
  io.run();
  if (failure) std::rethrow_exception(failure);
  if (supervisor.stopping()) {
    spdlog::info("stopped");
    return RunEnd::over;
  }
  io.restart();
  io.poll();  // what came meanwhile: a SIGTERM, a request
  ran_as = site;
  if (control.was_told_to_stop()) return RunEnd::left;
  spdlog::info("ended; what it ran goes on");
  return control.replaces_itself() ? RunEnd::replaced : RunEnd::over;
}

/// The program that is installed now, with the same words. Returns only where that fails.
int go_on_as_installed(const RunOptions& options, const os::ServiceManager& manager) {
  const auto program = std::filesystem::absolute(options.program_folder) / "icom-agent";
  auto words = os::process_command(os::process_id());
  if (!words.empty()) words.erase(words.begin());
  manager.leave_in_environment();
  const auto error = os::become(program, words);
  spdlog::error("{} cannot be started in the place of this process: {}", os::utf8(program),
                error.message());
  return 1;
}

}  // namespace

int run_site(const RunOptions& options) {
  const auto manager = os::ServiceManager::from_environment();
  config::SiteSettings ran_as;
  switch (run_until_end(options, manager, ran_as)) {
    case RunEnd::over:
      return 0;
    case RunEnd::another_runs:
      return 1;
    case RunEnd::left:
      return stop_what_was_left(ran_as, options.stop_within);
    case RunEnd::replaced:
      break;
  }
  return go_on_as_installed(options, manager);
}

}  // namespace icom::supervise
