#include "agent/supervise/run_command.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <utility>

#include "agent/listen/listen_program.hpp"
#include "agent/program/changed_site.hpp"
#include "agent/program/spool_directory.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/agent_file_writer.hpp"
#include "agent/supervise/running_site.hpp"
#include "agent/supervise/site_plan.hpp"
#include "agent/supervise/supervisor.hpp"
#include "common/config/settings_watch.hpp"
#include "common/config/site_settings.hpp"
#include "common/os/file_system.hpp"
#include "common/os/not_as_root.hpp"
#include "common/os/process.hpp"
#include "common/os/real_process_host.hpp"
#include "common/os/service_manager.hpp"
#include "common/os/signals.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {

namespace asio = boost::asio;

namespace {

/// Between two words to the service manager, and into agent.json, that the event loop runs.
constexpr std::chrono::seconds kAliveEach{1};
/// What a stop that goes on asks the service manager for, each time.
constexpr std::chrono::seconds kStopNeeds{15};

/// The first signal stops in order, once no beam is on; the second one does not wait for that; the
/// third one kills.
void stop_on(asio::signal_set& signals, Supervisor& supervisor, int count = 1) {
  signals.async_wait([&signals, &supervisor, count](boost::system::error_code error, int number) {
    if (error) return;
    if (supervisor.leaving_all()) {  // the service manager's, behind the signal to leave
      stop_on(signals, supervisor, count);
      return;
    }
    switch (count) {
      case 1:
        spdlog::info("signal {}: stopping listeners as soon as no beam is on, then the forwarder",
                     number);
        supervisor.stop();
        break;
      case 2:
        spdlog::info("signal {}: listeners are stopped now", number);
        supervisor.hurry();
        break;
      default:
        spdlog::info("signal {}: what still runs is killed", number);
        supervisor.kill();
        break;
    }
    stop_on(signals, supervisor, count + 1);
  });
}

void replace_on(asio::signal_set& signals, Supervisor& supervisor) {
  signals.async_wait([&signals, &supervisor](boost::system::error_code error, int number) {
    if (error) return;
    spdlog::info("signal {}: new listeners take over from those that run", number);
    supervisor.replace_listeners();
    replace_on(signals, supervisor);
  });
}

/// Whether the next icom-agent run, with the file as it is now, finds what runs. If the file has an
/// error it does once that is mended.
bool is_found_again(const std::filesystem::path& site_file, const config::SiteSettings& running) {
  try {
    const auto next = config::load_site(site_file);
    return next.site == running.site && next.spool.directory == running.spool.directory;
  } catch (const std::exception& error) {
    spdlog::error("the next icom-agent run cannot start with these settings:\n{}", error.what());
    return true;
  }
}

/// As in a restart of the service: no Linac is to notice.
void leave_on(asio::signal_set& signals, const std::filesystem::path& site_file,
              const config::SiteSettings& site, Supervisor& supervisor) {
  signals.async_wait([&](boost::system::error_code error, int number) {
    if (error || supervisor.stopping()) return;
    if (is_found_again(site_file, site)) {
      spdlog::info(
          "signal {}: this process ends; what it runs goes on, for the next icom-agent run",
          number);
      supervisor.leave_all();
    } else {
      spdlog::warn(
          "signal {}: the file has another site or spool.directory, where the next "
          "icom-agent run would not find what runs: listeners are stopped as soon as no "
          "beam is on, then the forwarder",
          number);
      supervisor.stop();
    }
  });
}

/// Shows each second that the event loop runs.
class LoopPulse {
 public:
  LoopPulse(asio::io_context& io, const os::ServiceManager& manager, AgentFileWriter& file,
            const Supervisor& supervisor)
      : timer_(io), manager_(manager), file_(file), supervisor_(supervisor) {
    beat();
  }

 private:
  void beat() {
    manager_.alive();
    file_.alive(supervisor_.waiting());
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
  bool stopping_ = false;
};

void keep_fan_out(const RunOptions& options, const Programs& programs,
                  const config::SiteSettings& site, Supervisor& supervisor) {
  auto plan = fan_out_plan(options.site_file, site, programs, os::real_file_system());
  if (plan) supervisor.keep_fan_out(std::move(*plan));
}

/// Reads the site's settings again. Those with an error change nothing.
void take_changes(const RunOptions& options, const Programs& programs, config::SiteSettings& site,
                  Supervisor& supervisor, AgentFileWriter& agent_file) {
  auto changed = program::read_changed_site(options.site_file, site);
  if (!changed) return;
  site = *std::move(changed);
  agent_file.settings_read(text_of_running_site(os::real_file_system(), options.site_file, site));
  spdlog::info("settings are read again: {} Linacs", site.linacs.size());
  supervisor.apply(listener_plans(site, programs, os::real_file_system()));
  keep_fan_out(options, programs, site, supervisor);
}

}  // namespace

int run_site(const RunOptions& options) {
  const auto manager = os::ServiceManager::from_environment();
  asio::io_context io(1);
  config::SettingsWatch settings(io.get_executor(), {options.site_file});
  auto site = config::load_site(options.site_file);
  if (const auto why = os::why_not_as_root(site.spool.directory, "icom-agent"); !why.empty()) {
    throw std::runtime_error(why);
  }
  // Two supervisors would each stop what the other runs.
  auto held = program::lock_spool_directory(site.spool.directory, kAgentLockFile,
                                            "another icom-agent run looks after");
  if (!held) return 1;
  const auto lock = std::make_shared<program::SpoolDirectoryLock>(site.spool.directory,
                                                                  kAgentLockFile, std::move(held));

  auto& files = os::real_file_system();
  // Whoever starts this wants listeners: nobody is forgotten over a restart.
  for (const auto& linac : site.linacs) {
    files.remove(site.spool.directory / linac.serial / listen::kDrainedFile);
  }
  const auto host = os::real_process_host(io.get_executor());
  const Programs programs{options.program_folder, options.log_level};
  Supervisor supervisor(io.get_executor(), *host, listener_plans(as_it_runs(site), programs, files),
                        forwarder_plan(options.site_file, site, programs, files),
                        DrainCheck(site.spool.directory), {}, {.beams = options.stop_within});
  // What a supervisor before had not finished, or the file's change while none ran.
  supervisor.apply(listener_plans(site, programs, files));
  keep_fan_out(options, programs, site, supervisor);
  asio::signal_set stop_signals(io, SIGTERM, SIGINT);
  stop_on(stop_signals, supervisor);
  asio::signal_set replace_signals(io);
  if (const auto signal = os::replace_signal()) replace_signals.add(*signal);
  replace_on(replace_signals, supervisor);
  asio::signal_set leave_signals(io);
  if (const auto signal = os::leave_signal()) leave_signals.add(*signal);
  leave_on(leave_signals, options.site_file, site, supervisor);
  // Only now: whoever reads its process number there may send signals to it.
  AgentFileWriter agent_file(files, site.spool.directory,
                             {.pid = os::process_id(),
                              .version = ICOM_VERSION,
                              .started_us = os::utc_now_us(),
                              .programs = std::filesystem::absolute(options.program_folder),
                              .site = site.site,
                              .settings_us = os::utc_now_us()},
                             [lock] { return lock->follow(); });
  agent_file.settings_read(text_of_running_site(files, options.site_file, site));
  settings.start([&] { take_changes(options, programs, site, supervisor, agent_file); });
  const LoopPulse pulse(io, manager, agent_file, supervisor);
  std::exception_ptr failure;
  asio::co_spawn(io, supervisor.run(), [&](const std::exception_ptr& thrown) {
    failure = thrown;
    io.stop();  // signals would be waited for on and on
  });
  manager.ready();
  io.run();
  if (failure) std::rethrow_exception(failure);
  spdlog::info(supervisor.stopping() ? "stopped" : "ended; what it ran goes on");
  return 0;
}

}  // namespace icom::supervise
