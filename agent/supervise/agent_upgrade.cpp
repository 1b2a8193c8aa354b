#include "agent/supervise/agent_upgrade.hpp"

#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include "agent/supervise/agent_control.hpp"
#include "common/control/client.hpp"
#include "common/os/process_program.hpp"
#include "common/text/control.hpp"

namespace icom::supervise {

namespace {

using control::Reply;

/// It tries the installed program before it answers.
constexpr std::chrono::seconds kAnswersWithin{10};
/// It leaves within 6 s, and the next one answers as soon as it has read its settings.
constexpr std::chrono::seconds kComesWithin{20};
constexpr std::chrono::milliseconds kAskedEach{50};

std::string process_text(const AgentFile& agent) {
  return "process " + std::to_string(agent.pid) + " (version " +
         text::without_controls(agent.version) + ")";
}

std::optional<AgentFile> ask_who_runs(const std::filesystem::path& socket) {
  const auto reply = control::ask_and_wait(socket, std::string(control::kStatus), control::kStatus);
  return reply.answered() ? agent_file_from_json(reply.text) : std::nullopt;
}

std::optional<AgentFile> wait_for_next(const std::filesystem::path& socket,
                                       const AgentFile& before) {
  const auto deadline = std::chrono::steady_clock::now() + kComesWithin;
  while (std::chrono::steady_clock::now() < deadline) {
    auto now = ask_who_runs(socket);
    if (now && now->started_us != before.started_us) return now;
    std::this_thread::sleep_for(kAskedEach);
  }
  return std::nullopt;
}

AgentUpgrade fails(const AgentFile& agent, const std::string& why) {
  std::cerr << "icom-agent: icom-agent run: " << process_text(agent) << ": "
            << text::without_controls(why) << '\n';
  return AgentUpgrade::failed;
}

}  // namespace

AgentUpgrade upgrade_agent(const std::filesystem::path& spool, const AgentFile& agent) {
  const auto installed = agent.programs / "icom-agent";
  std::error_code unknown;
  if (agent.programs.empty() || !std::filesystem::exists(installed, unknown) ||
      os::runs_program(agent.pid, installed).value_or(true)) {
    return AgentUpgrade::not_needed;
  }
  const auto socket = spool / control::kAgentSocket;
  const auto reply = control::ask_and_wait(
      socket, std::string(control::kReplace) + " " + std::string(kReplaceSelf), control::kReplacing,
      kAnswersWithin);
  if (reply.kind == Reply::Kind::not_there) {
    std::cerr
        << "icom-agent: icom-agent run: " << process_text(agent)
        << " does not answer on its control channel, as one of a version before it: systemctl "
           "restart icom-agent replaces it, and no Linac notices that\n";
    return AgentUpgrade::stays;
  }
  if (!reply.answered()) return fails(agent, "still runs: " + reply.why());
  const auto next = wait_for_next(socket, agent);
  if (!next) {
    return fails(agent,
                 "has made room, and the installed one does not answer: its log tells why. What "
                 "recorded goes on");
  }
  std::cout << "icom-agent run: " << process_text(*next) << " has come in the place of version "
            << text::without_controls(agent.version) << '\n'
            << std::flush;
  return AgentUpgrade::replaced;
}

}  // namespace icom::supervise
