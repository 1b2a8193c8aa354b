#include "agent/supervise/site_plan.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <utility>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/forward/status_files.hpp"
#include "agent/listen/listen_program.hpp"
#include "agent/supervise/alive_request.hpp"
#include "agent/supervise/full_disk.hpp"
#include "agent/supervise/leave_request.hpp"
#include "common/control/client.hpp"
#include "common/os/path_text.hpp"
#include "common/os/process_command.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {

namespace {

/// How long the forwarder may take to tell of what it has just read, and a little more.
constexpr std::chrono::milliseconds kStatusDelay{1200};

/// Between two lines about a beam that is waited for.
constexpr std::chrono::seconds kPlanTellsEach{10};

boost::asio::awaitable<bool> leave(std::filesystem::path spool, std::string name,
                                   std::chrono::milliseconds within) {
  using Clock = std::chrono::steady_clock;
  LeaveProgress progress;
  progress.waiting = [name, told = Clock::time_point{}](const LeaveWait& wait) mutable {
    if (told != Clock::time_point{} && Clock::now() - told < kPlanTellsEach) return;
    told = Clock::now();
    spdlog::info("{} stays while a beam may be on: {}; for {} s at most", name, text_of(wait),
                 wait.left.count() / 1000);
  };
  progress.leaving = [name](const std::string& why) { spdlog::info("{} leaves: {}", name, why); };
  const auto outcome = co_await ask_to_leave(std::move(spool), within, std::move(progress));
  co_return outcome == LeaveOutcome::leaving;
}

/// A program that runs answers at once, whatever its disk does; one that does not gets a signal.
constexpr std::chrono::milliseconds kStopAnswer{700};

std::function<boost::asio::awaitable<std::optional<ProcessId>>()> stop_by(
    std::filesystem::path socket) {
  return [socket = std::move(socket)]() -> boost::asio::awaitable<std::optional<ProcessId>> {
    const auto reply =
        co_await control::ask(socket, std::string(control::kStop), control::kStopping, kStopAnswer);
    co_return control::process_in(reply);
  };
}

/// What a supervisor wants to know of the status file of a program of the whole site.
struct ReadersFile {
  ProcessId pid = 0;
  FileChanges::Written written;
  std::uint64_t clients = 0;
};

template <typename Status>
std::optional<ReadersFile> readers_file(const std::optional<Status>& status,
                                        std::uint64_t clients) {
  if (!status) return std::nullopt;
  return ReadersFile{status->pid, {status->written_us, status->written_each_ms}, clients};
}

/// Its clients: whoever has a connection through one of its forwards.
std::optional<ReadersFile> forwarders_file(const std::filesystem::path& spool) {
  const auto status = forward::read_forward_status(spool);
  std::uint64_t clients = 0;
  if (status) {
    for (const auto& forward : status->forwards) clients += forward.connections;
  }
  return readers_file(status, clients);
}

std::optional<ReadersFile> fan_outs_file(const std::filesystem::path& spool) {
  const auto status = fanout::read_fan_out_status(spool);
  return readers_file(status, status ? fanout::clients_of(*status) : 0);
}

std::optional<std::uint64_t> clients_told(const std::optional<ReadersFile>& file,
                                          std::chrono::milliseconds lately) {
  if (!file) return std::nullopt;
  const auto now_us = os::utc_now_us();
  const auto lives = forward::file_lives(file->written.each_ms);
  const bool fresh = forward::is_fresh(file->written.at_us, now_us, lives) &&
                     std::chrono::microseconds(now_us - file->written.at_us) < lately;
  return fresh ? std::optional(file->clients) : std::nullopt;
}

boost::asio::awaitable<bool> file_answers(std::function<std::optional<ReadersFile>()> read_file,
                                          std::shared_ptr<FileChanges> changes,
                                          std::filesystem::path spool) {
  std::optional<FileChanges::Written> written;
  if (const auto file = read_file()) written = file->written;
  const bool answers = changes->answers(written, std::chrono::steady_clock::now());
  co_return answers || !why_no_room(spool).empty();
}

/// One that is started reads the site's file anew.
bool could_be_started(const std::filesystem::path& program,
                      const std::filesystem::path& site_file) {
  std::error_code unknown;
  if (!std::filesystem::exists(program, unknown)) return false;
  try {
    config::load_site(site_file);
    return true;
  } catch (const std::exception&) {  // the log has told what is wrong
    return false;
  }
}

/// A program of the whole site, which reads its spools. Started again it must read those that are
/// written, whatever the file says by then.
ChildPlan reader_plan(const char* name, const char* program, const std::filesystem::path& site_file,
                      const config::SiteSettings& site, const Programs& programs,
                      const char* lock_file, const char* socket, os::FileSystem& files,
                      std::function<std::optional<ReadersFile>()> read_file) {
  ChildPlan plan;
  plan.name = name;
  plan.command = {programs.folder / program,
                  {"--site", os::utf8(site_file), "--site-name", site.site, "--spool",
                   os::utf8(site.spool.directory), "--log-level", programs.log_level}};
  plan.keeper_option = "--heartbeat";
  plan.ask_to_stop = stop_by(site.spool.directory / socket);
  plan.runs_elsewhere = [&files, lock = site.spool.directory / lock_file] {
    return os::is_locked(files, lock);
  };
  plan.elsewhere = [read_file, program, spool = site.spool.directory]() -> ProcessId {
    const auto file = read_file();
    return file && is_program_of(file->pid, program, spool) ? file->pid : 0;
  };
  plan.answers = [read_file, changes = std::make_shared<FileChanges>(),
                  spool = site.spool.directory](auto) {
    return file_answers(read_file, changes, spool);
  };
  plan.would_cut_off = [read_file, file = plan.command.program,
                        site_file](auto lately) -> std::optional<std::uint64_t> {
    const auto clients = clients_told(read_file(), lately);
    if (clients == std::uint64_t{0} && !could_be_started(file, site_file)) return std::nullopt;
    return clients;
  };
  return plan;
}

bool is_command_of(const std::vector<std::string>& command, std::string_view program,
                   const std::filesystem::path& spool) {
  if (command.empty() || os::path_of_utf8(command.front()).filename() != program) return false;
  const auto is = [&command](const auto& test) { return std::ranges::any_of(command, test); };
  return is([&](const std::string& word) { return word.ends_with(os::utf8(spool)); }) ||
         !is([](const std::string& word) { return word.starts_with("--spool"); });
}

}  // namespace

bool is_program_of(ProcessId process, std::string_view program,
                   const std::filesystem::path& spool) {
  return is_command_of(os::process_command(process), program, spool);
}

bool is_listener_of(ProcessId process, std::string_view serial,
                    const std::filesystem::path& spool) {
  const auto command = os::process_command(process);
  if (!is_command_of(command, "icom-listen", spool)) return false;
  constexpr std::string_view kOption = "--serial";
  const std::string in_one_word = std::string(kOption) + "=" + std::string(serial);
  return std::ranges::find(command, in_one_word) != command.end() ||
         std::ranges::search(command, std::array{kOption, serial}).begin() != command.end();
}

bool is_running(const std::filesystem::path& linac_folder) {
  return os::is_locked(os::real_file_system(), linac_folder / spool::kLockFile);
}

std::string listener_name(std::string_view serial) {
  return "listen " + std::string(serial);
}

std::vector<ChildPlan> listener_plans(const config::SiteSettings& site, const Programs& programs,
                                      os::FileSystem& files) {
  std::vector<ChildPlan> plans;
  for (const auto& linac : site.linacs) {
    const auto spool = site.spool.directory / linac.serial;
    ChildPlan plan;
    plan.name = listener_name(linac.serial);
    plan.command = {programs.folder / "icom-listen",
                    {"--linac", linac.address.text(), "--serial", linac.serial, "--spool",
                     os::utf8(site.spool.directory), "--max-bytes",
                     std::to_string(site.spool.max_bytes), "--log-level", programs.log_level}};
    plan.keeper_option = "--keeper";
    plan.ask_to_stop = stop_by(spool / control::kListenerSocket);
    plan.runs_elsewhere = [&files, lock = spool / spool::kLockFile] {
      return os::is_locked(files, lock);
    };
    plan.elsewhere = [spool, serial = linac.serial,
                      site_spool = site.spool.directory]() -> ProcessId {
      const auto status = forward::read_listener_status(spool);
      return status && is_listener_of(status->pid, serial, site_spool) ? status->pid : 0;
    };
    plan.answers = [spool](std::chrono::milliseconds within) {
      return listener_answers(spool, within);
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
    plan.peer = [spool]() -> std::optional<std::string> {
      const auto status = forward::read_listener_status(spool);
      if (!status || !status->stream.connected || status->stream.peer.empty()) return std::nullopt;
      return status->stream.peer;
    };
    plan.successor = plan.command;
    plan.successor->arguments.emplace_back("--take-over");
    plans.push_back(std::move(plan));
  }
  return plans;
}

config::SiteSettings as_it_runs(config::SiteSettings site) {
  std::error_code unknown;
  for (const auto& folder : std::filesystem::directory_iterator(site.spool.directory, unknown)) {
    if (!is_running(folder.path())) continue;
    const auto status = forward::read_listener_status(folder.path());
    const auto serial = os::utf8(folder.path().filename());
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
  return reader_plan("forward", "icom-forward", site_file, site, programs,
                     forward::kForwardLockFile, control::kForwarderSocket, files,
                     [spool] { return forwarders_file(spool); });
}

std::optional<ChildPlan> fan_out_plan(const std::filesystem::path& site_file,
                                      const config::SiteSettings& site, const Programs& programs,
                                      os::FileSystem& files) {
  const auto spool = site.spool.directory;
  const bool runs = os::is_locked(files, spool / fanout::kFanOutLockFile);
  if (site.fan_out.ports.empty() && !runs) return std::nullopt;
  return reader_plan("fanout", "icom-fanout", site_file, site, programs, fanout::kFanOutLockFile,
                     control::kFanOutSocket, files, [spool] { return fan_outs_file(spool); });
}

bool DrainCheck::operator()() {
  const auto now = std::chrono::steady_clock::now();
  if (first_asked_ == std::chrono::steady_clock::time_point{}) first_asked_ = now;
  const auto status = forward::read_forward_status(spool_directory_);
  if (!status || !forward::is_fresh(status->written_us, os::utc_now_us(),
                                    forward::file_lives(status->written_each_ms))) {
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
