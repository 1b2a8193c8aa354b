#include "agent/supervise/site_state.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "agent/forward/status_files.hpp"
#include "agent/listen/listen_program.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/full_disk.hpp"
#include "agent/supervise/older_programs.hpp"
#include "agent/supervise/readable.hpp"
#include "agent/supervise/site_judgement.hpp"
#include "agent/supervise/site_plan.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/socket_owner.hpp"
#include "common/os/users.hpp"

namespace icom::supervise {

namespace {

/// A listener that was started this lately may not have had the time to connect.
constexpr std::chrono::seconds kStarting{3};

ProgramState look_at_program(std::int64_t pid, bool runs, std::int64_t written_us,
                             std::chrono::seconds lives, std::int64_t now_us) {
  if (!runs) return {};
  ProgramState state;
  state.runs = true;
  state.pid = pid;
  state.silent = written_us > 0 && !forward::is_fresh(written_us, now_us, lives);
  if (state.silent) state.silent_seconds = (now_us - written_us) / 1'000'000;
  return state;
}

/// A file tells what was, its lock who is there. In a change of hands nobody has that for a moment:
/// then the process that the file names tells.
template <typename ProcessIsIt>
bool is_there(const std::filesystem::path& lock, const ProcessIsIt& process_is_it) {
  return os::is_locked(os::real_file_system(), lock) || process_is_it();
}

void look_at_agent(const std::optional<AgentFile>& agent, const std::filesystem::path& spool,
                   SiteState& site) {
  if (!agent) return;
  site.agent_runs = true;
  site.agent = look_at_program(agent->pid, true, agent->alive_us, kAgentFileLives, site.now_us);
  site.agent.version = agent->version;
  if (site.agent.silent) site.agent.no_room = why_no_room(spool);
}

/// A program of the whole site, of which `status` tells.
template <typename Status>
ProgramState look_at_reader(const config::SiteSettings& settings, const Status& status,
                            const char* program, const char* lock, std::int64_t now_us) {
  const auto& spools = settings.spool.directory;
  const bool runs =
      is_there(spools / lock, [&] { return is_program_of(status.pid, program, spools); });
  auto state = look_at_program(status.pid, runs, status.written_us,
                               forward::file_lives(status.written_each_ms), now_us);
  if (runs) state.version = status.version;
  return state;
}

LinacState look_at_listener(const config::LinacSettings& settings,
                            const std::filesystem::path& spool, std::int64_t now_us) {
  LinacState state;
  state.serial = settings.serial;
  state.address = settings.address.text();
  if (const auto why = why_listener_cannot_be_told(spool)) {
    state.unknown = *why;
    return state;
  }
  std::error_code unknown;
  state.drained = std::filesystem::exists(spool / listen::kDrainedFile, unknown);
  const auto status = forward::read_listener_status(spool);
  if (!status) return state;
  const bool runs = is_there(spool / spool::kLockFile, [&] {
    return is_listener_of(status->pid, settings.serial, spool.parent_path());
  });
  state.listener =
      look_at_program(status->pid, runs, status->written_us, forward::kListenerFileLives, now_us);
  if (runs) state.listener.version = status->version;
  state.listening = runs && !state.listener.silent;
  if (runs && !status->address.empty() && status->address != state.address) {
    state.moves_to = std::exchange(state.address, status->address);
  }
  state.started_us = status->started_us;
  if (state.listener.silent) state.listener.no_room = why_spool_refuses(spool);
  if (state.listener.silent && state.listener.no_room.empty()) {
    state.listener.no_room = why_no_room(spool);
  }
  state.starting = state.listening && forward::is_fresh(status->started_us, now_us, kStarting);
  state.connected = state.listening && status->stream.connected;
  if (state.connected) state.peer = status->stream.peer;
  state.since_us = status->stream.since_us;
  state.frames = status->stream.framer.frames;
  state.last_frame_us = status->stream.last_frame_us;
  state.last_bytes_us = status->stream.last_bytes_us;
  state.gaps = status->stream.counter.gaps;
  state.missing_frames = status->stream.counter.missing_frames;
  state.given_up_frames = status->spool.given_up_frames + status->queue.dropped_frames;
  state.junk_bytes = status->stream.framer.junk_bytes;
  state.given_up_junk_bytes = status->spool.given_up_junk_bytes + status->queue.dropped_junk_bytes;
  state.folders_made_anew = status->folders_made_anew;
  state.folder_made_anew_us = status->folder_made_anew_us;
  state.late_frames_without_place = status->stream.late_frames_without_place;
  if (state.listening) state.late_connections = status->stream.late_connections;
  state.machine = status->stream.machine;
  state.last_failure = status->stream.last_failure;
  return state;
}

/// A listener whose folder was removed cannot be seen there, and reads on. Names are not looked up.
bool is_held_by_another(const config::LinacSettings& linac) {
  boost::system::error_code no_address;
  const auto host = boost::asio::ip::make_address(linac.address.host, no_address);
  return !no_address && !os::connected_ends({host, linac.address.port}).empty();
}

/// Those of the site's file, then those that are not in it (any more) and are still listened to.
std::vector<LinacState> look_at_listeners(const config::SiteSettings& settings,
                                          std::int64_t now_us) {
  std::vector<LinacState> all;
  const auto look = [&](const config::LinacSettings& linac) {
    auto& state =
        all.emplace_back(look_at_listener(linac, settings.spool.directory / linac.serial, now_us));
    const bool may_be_held = state.unknown.empty() && !state.listener.runs;
    state.held_by_another = may_be_held && is_held_by_another(linac);
  };
  std::ranges::for_each(settings.linacs, look);
  for (const auto& linac : as_it_runs(settings).linacs) {
    if (std::ranges::find(all, linac.serial, &LinacState::serial) != all.end()) continue;
    look(linac);
    all.back().removed = true;
  }
  return all;
}

void add_waiting(LinacState& linac, const AgentFile& agent) {
  const auto found = agent.waiting.find(listener_name(linac.serial));
  if (found != agent.waiting.end() && !linac.listening) linac.waits_for = found->second;
}

void add_forwarding(LinacState& linac, const forward::ForwardStatus& status, bool connected) {
  const auto found = std::find_if(status.linacs.begin(), status.linacs.end(),
                                  [&linac](const auto& one) { return one.serial == linac.serial; });
  if (found == status.linacs.end()) return;
  linac.forwarded = connected && found->accepted;
  linac.refusal = found->reason;
  linac.backlog_bytes = found->backlog_bytes;
  linac.just_sent_bytes = found->just_sent_bytes;
  linac.round_trip_ms = found->round_trip_ms;
  linac.damaged_segments = found->damaged_segments;
  linac.damaged_newest = found->damaged_newest;
  linac.unreadable = found->unreadable;
}

/// Those of the settings, as the forwarder tells of them. One that it does not tell of has no
/// state.
std::vector<forward::PortForwardStatus> look_at_forwards(
    const config::SiteSettings& settings, const std::vector<forward::PortForwardStatus>& told) {
  std::vector<forward::PortForwardStatus> all;
  for (const auto& wanted : settings.forwards) {
    const auto found = std::find_if(told.begin(), told.end(),
                                    [&](const auto& one) { return one.name == wanted.name; });
    forward::PortForwardStatus status;
    status.name = wanted.name;
    if (found != told.end()) status = *found;
    all.push_back(std::move(status));
  }
  return all;
}

void look_at_fan_out(const config::SiteSettings& settings, SiteState& site) {
  const auto status = fanout::read_fan_out_status(settings.spool.directory);
  if (status) {
    site.fan_out_program =
        look_at_reader(settings, *status, "icom-fanout", fanout::kFanOutLockFile, site.now_us);
    site.fanning_out = site.fan_out_program.runs && !site.fan_out_program.silent;
    if (site.fan_out_program.silent) {
      site.fan_out_program.no_room = why_no_room(settings.spool.directory);
    }
  }
  for (const auto& wanted : settings.fan_out.ports) {
    fanout::PortReport port;
    if (site.fanning_out) {
      const auto told =
          std::ranges::find(status->ports, wanted.serial, &fanout::PortReport::serial);
      if (told != status->ports.end()) port = *told;
    }
    port.serial = wanted.serial;
    port.listen = wanted.listen.text();
    site.fan_out.push_back(std::move(port));
  }
}

/// As far as the spool directory's owner tells: the key is of the account that the programs run as.
std::optional<std::string> why_nothing_starts(const config::SiteSettings& settings) {
  const auto& spool = settings.spool.directory;
  const auto owner = os::owner_of(spool);
  const auto wanted = os::owner_of(settings.tunnel.key);
  if (!owner || !wanted || *owner == *wanted || *wanted == 0) return std::nullopt;
  if (os::may_others_write_in(spool)) return std::nullopt;
  constexpr std::chrono::seconds kAnswerTime{2};
  const std::string account = os::user_name_within(kAnswerTime, *wanted);
  return "the spool directory " + spool.string() + " is " +
         os::user_name_within(kAnswerTime, *owner) + "'s, and the site's programs run as " +
         account + ", whose the key " + settings.tunnel.key.string() +
         " is: they cannot write there, and do not start. chown " + account + " " + spool.string() +
         ", then start icom-agent run (systemctl start icom-agent)";
}

}  // namespace

SiteState look_at_site(const config::SiteSettings& settings, std::int64_t now_us,
                       std::string_view version) {
  SiteState site;
  site.site = settings.site;
  site.now_us = now_us;
  site.unknown = why_site_cannot_be_told(settings.spool.directory).value_or("");
  const auto agent = find_running_agent(os::real_file_system(), settings.spool.directory);
  look_at_agent(agent, settings.spool.directory, site);
  const auto forwarder = forward::read_forward_status(settings.spool.directory);
  if (forwarder) {
    site.forwarder =
        look_at_reader(settings, *forwarder, "icom-forward", forward::kForwardLockFile, now_us);
    site.forwarding = site.forwarder.runs && !site.forwarder.silent;
    if (site.forwarder.silent) site.forwarder.no_room = why_no_room(settings.spool.directory);
    site.connected = site.forwarding && forwarder->connected;
    site.since_us = forwarder->since_us;
    site.last_error = forwarder->last_error;
  }
  site.forwards = look_at_forwards(
      settings, site.forwarding ? forwarder->forwards : std::vector<forward::PortForwardStatus>{});
  site.linacs = look_at_listeners(settings, now_us);
  for (auto& linac : site.linacs) {
    if (agent) add_waiting(linac, *agent);
    if (forwarder) add_forwarding(linac, *forwarder, site.connected);
  }

  look_at_fan_out(settings, site);

  const bool any_runs =
      agent || site.forwarding || std::ranges::any_of(site.linacs, &LinacState::listening);
  if (auto why = any_runs ? std::nullopt : why_nothing_starts(settings)) {
    site.problems.push_back(*std::move(why));
  }
  judge(settings.spool.directory, agent, forwarder, site);
  std::ranges::move(notes_on_older_programs(site, version), std::back_inserter(site.notes));
  return site;
}

}  // namespace icom::supervise