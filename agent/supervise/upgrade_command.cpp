#include "agent/supervise/upgrade_command.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <thread>
#include <utility>

#include "agent/forward/status_files.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/full_disk.hpp"
#include "agent/supervise/posix_process_host.hpp"
#include "agent/supervise/readable.hpp"
#include "agent/supervise/site_plan.hpp"

namespace icom::supervise {

namespace {

/// A take-over lasts milliseconds; a listener may wait ten seconds for each of its steps.
constexpr std::chrono::seconds kWithin{20};
constexpr std::chrono::milliseconds kTakeOverPollInterval{50};

struct RunningListener {
  ProcessId pid = 0;  ///< 0: none tells of itself
  std::string version = "?";
};

RunningListener listener_of(const config::SiteSettings& site, const std::string& serial) {
  auto status = forward::read_listener_status(site.spool.directory / serial);
  if (!status) return {};
  return {status->pid, std::move(status->version)};
}

}  // namespace

int upgrade(const config::SiteSettings& site, const std::vector<std::string>& linacs) {
  if (const auto why = why_site_cannot_be_told(site.spool.directory)) {
    std::cerr << "icom-agent: what runs cannot be told: " << *why << '\n';
    return 1;
  }
  const auto agent = find_running_agent(os::real_file_system(), site.spool.directory);
  if (!agent) {
    std::cerr << "icom-agent: no icom-agent run looks after " << site.spool.directory.string()
              << ": start the new icom-listen with --take-over and the other options of the one "
                 "that runs\n";
    return 1;
  }
  std::map<std::string, ProcessId> before;
  for (const auto& serial : linacs) before[serial] = listener_of(site, serial).pid;

  boost::asio::io_context io;
  // The signal would end any other program.
  const auto is_it = [&site, pid = agent->pid] {
    const auto now = find_running_agent(os::real_file_system(), site.spool.directory);
    return now && now->pid == pid && is_program_of(pid, "icom-agent", site.spool.directory);
  };
  if (!posix_process_host(io.get_executor())
           ->send_to_other(agent->pid, ProcessSignal::replace, is_it)) {
    std::cerr << "icom-agent: process " << agent->pid << ", which "
              << (site.spool.directory / kAgentFile).string()
              << " names, is not the icom-agent run that looks after it; try again if that one has "
                 "just been started\n";
    return 1;
  }

  const auto deadline = std::chrono::steady_clock::now() + kWithin;
  while (!before.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kTakeOverPollInterval);
    for (auto one = before.begin(); one != before.end();) {
      const auto now = listener_of(site, one->first);
      if (now.pid == one->second) {
        ++one;
        continue;
      }
      std::cout << "Linac " << one->first << ": process " << now.pid << " (version " << now.version
                << ") has taken over from " << one->second << '\n'
                << std::flush;
      one = before.erase(one);
    }
  }
  for (const auto& [serial, pid] : before) {
    const auto refuses = why_spool_refuses(site.spool.directory / serial);
    std::cerr << "icom-agent: Linac " << serial << ": process " << pid << " still listens: "
              << (refuses.empty() ? "the log of icom-agent run tells why"
                                  : refuses + "; make room for " + site.spool.directory.string() +
                                        ", then upgrade again: nothing is lost meanwhile")
              << '\n';
  }
  return before.empty() ? 0 : 1;
}

}  // namespace icom::supervise
