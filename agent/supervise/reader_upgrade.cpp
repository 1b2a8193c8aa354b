#include "agent/supervise/reader_upgrade.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/forward/status_files.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/full_disk.hpp"
#include "agent/supervise/site_plan.hpp"
#include "common/control/client.hpp"
#include "common/os/disk_wait.hpp"
#include "common/os/path_text.hpp"
#include "common/os/process_program.hpp"
#include "common/os/utc_clock.hpp"
#include "common/text/control.hpp"

namespace icom::supervise {

namespace {

/// It ends within 5 s; icom-agent run starts the next one after 30 s at most; that one tells of
/// itself within a second or two.
constexpr std::chrono::seconds kReplacedWithin{45};
/// One that was started just now has not told of itself yet.
constexpr std::chrono::seconds kTellsWithin{5};
constexpr std::chrono::milliseconds kFilePollInterval{50};

/// What a reader last told of itself.
struct Told {
  ProcessId pid = 0;
  std::string version;
  std::int64_t written_us = 0;
  std::int64_t written_each_ms = 0;
  std::uint64_t clients = 0;

  [[nodiscard]] bool lately() const {
    return forward::is_fresh(written_us, os::utc_now_us(), forward::file_lives(written_each_ms));
  }
  /// `process 640 (version 0.1.0)`
  [[nodiscard]] std::string text() const {
    return "process " + std::to_string(pid) + " (version " + text::without_controls(version) + ")";
  }
};

template <typename Status>
std::optional<Told> told_by(std::optional<Status> status, std::uint64_t clients) {
  if (!status) return std::nullopt;
  return Told{status->pid, std::move(status->version), status->written_us, status->written_each_ms,
              clients};
}

std::optional<Told> forwarder(const std::filesystem::path& spool) {
  return told_by(forward::read_forward_status(spool), 0);
}

std::optional<Told> fan_out(const std::filesystem::path& spool) {
  auto status = fanout::read_fan_out_status(spool);
  const auto clients = status ? fanout::clients_of(*status) : 0;
  return told_by(std::move(status), clients);
}

struct Reader {
  const char* name;
  const char* program;
  const char* lock_file;
  const char* socket;
  std::optional<Told> (*read)(const std::filesystem::path& spool);
};

constexpr std::array kReaders{
    Reader{"forwarder", "icom-forward", forward::kForwardLockFile, control::kForwarderSocket,
           forwarder},
    Reader{"fan-out", "icom-fanout", fanout::kFanOutLockFile, control::kFanOutSocket, fan_out},
};

/// Until it gives something; nothing if it does not within that time.
std::optional<Told> wait_for(const std::function<std::optional<Told>()>& look,
                             std::chrono::seconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  for (;;) {
    auto told = look();
    if (told || std::chrono::steady_clock::now() >= deadline) return told;
    std::this_thread::sleep_for(kFilePollInterval);
  }
}

class ReaderUpgrade {
 public:
  ReaderUpgrade(const std::filesystem::path& spool, ProcessHost& host, const Reader& reader)
      : spool_(spool), host_(host), reader_(reader) {}

  /// False: it failed.
  bool run(bool cut_clients) {
    // Whoever starts the next one starts the one that is installed.
    if (!os::is_locked(os::real_file_system(), spool_ / reader_.lock_file)) return true;
    const auto before = wait_for([this] { return running(); }, kTellsWithin);
    if (!before) return fails("it runs, and which process it is cannot be told; upgrade again");
    const auto agent = find_running_agent(os::real_file_system(), spool_);
    if (!agent) return fails(before->text() + " still runs: icom-agent run has ended; start one");
    if (runs_what_is_installed(*before, *agent)) return true;
    if (const auto why = why_not_to_end(*before, *agent); !why.empty()) {
      return fails(before->text() + " still runs: " + why);
    }
    if (before->clients > 0 && !cut_clients) {
      std::cerr << "icom-agent: " << reader_.name << ": " << before->text()
                << " still runs: " << before->clients
                << (before->clients == 1 ? " client listens" : " clients listen")
                << "; icom-agent upgrade --cut-clients replaces it, which cuts them off, and so "
                   "does an upgrade while none listens, which harms nobody\n";
      return true;
    }
    return replace(*before, cut_clients);
  }

 private:
  bool fails(const std::string& why) const {
    std::cerr << "icom-agent: " << reader_.name << ": " << why << '\n';
    return false;
  }
  /// What it has told, if that is of a process that runs.
  [[nodiscard]] std::optional<Told> running() const {
    auto told = reader_.read(spool_);
    if (told && !is_program_of(told->pid, reader_.program, spool_)) told.reset();
    return told;
  }
  /// An icom-agent run of before does not tell where it has its programs.
  [[nodiscard]] bool runs_what_is_installed(const Told& told, const AgentFile& agent) const {
    return !agent.programs.empty() &&
           os::runs_program(told.pid, agent.programs / reader_.program).value_or(false);
  }
  /// Why none would come in its place, or it would not end. Empty: for no reason.
  [[nodiscard]] std::string why_not_to_end(const Told& told, const AgentFile& agent) const {
    std::error_code unknown;
    const auto file = agent.programs / reader_.program;
    if (!agent.programs.empty() && !std::filesystem::exists(file, unknown)) {
      return os::utf8(file) + " is not there: install it, then upgrade again";
    }
    if (const auto full = why_no_room(spool_); !full.empty()) {
      return full + "; make room, then upgrade again";
    }
    if (!told.lately()) {
      return os::waits_for_disk(told.pid)
                 ? "it waits for its disk; look at that, and upgrade again once it answers"
                 : "it does not respond; if it hangs icom-agent run replaces it within seconds";
    }
    if (!responds(agent, os::utc_now_us())) {
      return "icom-agent run (process " + std::to_string(agent.pid) +
             ") does not respond, and would start none in its place; upgrade again once it does";
    }
    return {};
  }

  /// Why it does not end; empty: it does, or has ended. One of before the channel gets a signal.
  std::string ask_to_end(const Told& before, bool cut_clients) {
    std::string request(control::kReplace);
    if (cut_clients) request += " " + std::string(control::kCutClients);
    const auto reply = control::ask_and_wait(spool_ / reader_.socket, request, control::kReplacing);
    if (control::process_in(reply) == before.pid || !lives(before)) return {};
    if (reply.kind != control::Reply::Kind::not_there) return "still runs: " + reply.why();
    const auto is_it = [&] {
      const auto now = running();
      return now && now->pid == before.pid;
    };
    const bool sent = host_.send_to_other(before.pid, ProcessSignal::terminate, is_it);
    if (sent || !lives(before)) return {};
    return "got no signal: upgrade again, as the account that it runs as";
  }
  [[nodiscard]] bool lives(const Told& reader) const {
    return is_program_of(reader.pid, reader_.program, spool_);
  }

  bool replace(const Told& before, bool cut_clients) {
    if (const auto why = ask_to_end(before, cut_clients); !why.empty()) {
      return fails(before.text() + " " + why);
    }
    const auto next = [&]() -> std::optional<Told> {
      auto now = running();
      if (now && now->pid == before.pid) now.reset();
      return now;
    };
    if (const auto now = wait_for(next, kReplacedWithin)) {
      std::cout << reader_.name << ": " << now->text() << " has come in the place of "
                << before.text() << '\n'
                << std::flush;
      return true;
    }
    return fails(before.text() +
                 (lives(before)
                      ? " was told to end, and still runs: its log tells why, kill -9 ends it"
                      : " has ended, and none has come in its place: the log of icom-agent run "
                        "tells why"));
  }

  const std::filesystem::path& spool_;
  ProcessHost& host_;
  const Reader& reader_;
};

}  // namespace

bool upgrade_readers(const config::SiteSettings& site, ProcessHost& host, bool cut_clients) {
  bool all = true;
  for (const Reader& reader : kReaders) {
    all = ReaderUpgrade(site.spool.directory, host, reader).run(cut_clients) && all;
  }
  return all;
}

}  // namespace icom::supervise
