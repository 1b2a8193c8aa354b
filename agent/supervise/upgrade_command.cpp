#include "agent/supervise/upgrade_command.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "agent/forward/status_files.hpp"
#include "agent/supervise/agent_control.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/agent_upgrade.hpp"
#include "agent/supervise/full_disk.hpp"
#include "agent/supervise/readable.hpp"
#include "agent/supervise/reader_upgrade.hpp"
#include "agent/supervise/site_plan.hpp"
#include "common/control/client.hpp"
#include "common/os/path_text.hpp"
#include "common/os/real_process_host.hpp"
#include "common/text/control.hpp"

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

/// The process of each that runs. A Linac that was drained, or is not started yet, has none: its
/// next one is the one that is installed.
std::map<std::string, ProcessId> listeners_of(const config::SiteSettings& site,
                                              const std::vector<std::string>& linacs) {
  std::map<std::string, ProcessId> running;
  for (const auto& serial : linacs) {
    if (is_running(site.spool.directory / serial)) running[serial] = listener_of(site, serial).pid;
  }
  return running;
}

std::string is_not_the_agent(const config::SiteSettings& site, ProcessId agent) {
  return "process " + std::to_string(agent) + ", which " +
         os::utf8(site.spool.directory / kAgentFile) +
         " names, is not the icom-agent run that looks after it; try again if that one has just "
         "been started";
}

/// Why it does not; empty: it does.
std::string ask_for_listeners(const config::SiteSettings& site, ProcessId agent,
                              ProcessHost& host) {
  const auto reply = control::ask_and_wait(
      site.spool.directory / control::kAgentSocket,
      std::string(control::kReplace) + " " + std::string(kReplaceListeners), control::kReplacing);
  if (control::process_in(reply) == agent) return {};
  if (reply.answered()) return is_not_the_agent(site, agent);
  if (reply.kind != control::Reply::Kind::not_there) {
    return "icom-agent run: process " + std::to_string(agent) +
           " starts no new listeners: " + text::without_controls(reply.why());
  }
  // One of before the channel has a signal for it, which would end any other program.
  const auto is_it = [&site, agent] {
    const auto now = find_running_agent(os::real_file_system(), site.spool.directory);
    return now && now->pid == agent && is_program_of(agent, "icom-agent", site.spool.directory);
  };
  return host.send_to_other(agent, ProcessSignal::replace, is_it) ? std::string()
                                                                  : is_not_the_agent(site, agent);
}

/// Until others have taken over from these, and says so of each. Returns those that are left.
std::map<std::string, ProcessId> wait_for_others(const config::SiteSettings& site,
                                                 std::map<std::string, ProcessId> before) {
  const auto deadline = std::chrono::steady_clock::now() + kWithin;
  while (!before.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kTakeOverPollInterval);
    for (auto one = before.begin(); one != before.end();) {
      const auto now = listener_of(site, one->first);
      if (now.pid == one->second) {
        ++one;
        continue;
      }
      std::cout << "Linac " << one->first << ": process " << now.pid << " (version "
                << text::without_controls(now.version) << ") has taken over from " << one->second
                << '\n'
                << std::flush;
      one = before.erase(one);
    }
  }
  return before;
}

void say_that_it_still_listens(const config::SiteSettings& site, const std::string& serial,
                               ProcessId pid) {
  const auto refuses = why_spool_refuses(site.spool.directory / serial);
  std::cerr << "icom-agent: Linac " << serial << ": process " << pid << " still listens: "
            << (refuses.empty() ? "the log of icom-agent run tells why"
                                : refuses + "; make room for " + os::utf8(site.spool.directory) +
                                      ", then upgrade again: nothing is lost meanwhile")
            << '\n';
}

}  // namespace

int upgrade(const config::SiteSettings& site, const std::vector<std::string>& linacs,
            bool cut_clients) {
  if (const auto why = why_site_cannot_be_told(site.spool.directory)) {
    std::cerr << "icom-agent: what runs cannot be told: " << *why << '\n';
    return 1;
  }
  const auto agent = find_running_agent(os::real_file_system(), site.spool.directory);
  if (!agent) {
    std::cerr << "icom-agent: no icom-agent run looks after " << os::utf8(site.spool.directory)
              << ": start the new icom-listen with --take-over and the other options of the one "
                 "that runs\n";
    return 1;
  }
  boost::asio::io_context io;
  const auto host = os::real_process_host(io.get_executor());
  auto before = listeners_of(site, linacs);
  const auto itself = upgrade_agent(site.spool.directory, *agent);
  if (itself == AgentUpgrade::failed) return 1;
  // One that has just come takes over from all listeners that it finds, by itself.
  if (itself != AgentUpgrade::replaced) {
    if (const auto why = ask_for_listeners(site, agent->pid, *host); !why.empty()) {
      std::cerr << "icom-agent: " << why << '\n';
      return 1;
    }
  }
  const std::size_t count = before.size();
  const auto left = wait_for_others(site, std::move(before));
  for (const auto& [serial, pid] : left) say_that_it_still_listens(site, serial, pid);
  // They read what any listener writes: one of these that stays is no reason to wait.
  const bool readers = upgrade_readers(site, *host, cut_clients);
  const bool all = left.empty() && readers && itself != AgentUpgrade::stays;
  if (all) {
    std::cout << "looked at " << count << (count == 1 ? " listener" : " listeners")
              << ", the forwarder and the fan-out: nothing is left to be replaced\n";
  }
  return all ? 0 : 1;
}

}  // namespace icom::supervise
