#include "agent/supervise/site_state.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include "agent/forward/status_files.hpp"
#include "agent/listen/listen_program.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/disk_wait.hpp"
#include "agent/supervise/full_disk.hpp"
#include "agent/supervise/older_programs.hpp"
#include "agent/supervise/readable.hpp"
#include "agent/supervise/site_plan.hpp"
#include "agent/supervise/site_state_text.hpp"

namespace icom::supervise {

namespace {

/// A Linac sends four frames a second: a connection without any for this long is one that the
/// listener is about to give up.
constexpr std::chrono::seconds kQuiet{10};

/// A listener that was started this lately may not have had the time to connect.
constexpr std::chrono::seconds kStarting{3};

/// The Linac may not have sent a frame yet since its listener was started, nor the gateway have
/// been asked about it since there is a session: who looks at once sees no fault in that.
constexpr std::chrono::seconds kGrace{10};

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

/// Its status file is written by a disk, so that one may be what hangs.
std::string silent_text(const char* what, const ProgramState& program) {
  if (program.written_ahead()) {
    return std::string(what) + " (process " + std::to_string(program.pid) +
           ") last told of itself " + std::to_string(-program.silent_seconds) +
           " s ahead of this machine's clock, which was set back: if that does not end within "
           "half a minute it hangs, or its disk does";
  }
  if (!program.no_room.empty()) {
    return std::string(what) + " (process " + std::to_string(program.pid) +
           ") cannot write its status: " + program.no_room +
           "; make room. What waits in memory is kept as long as the process lives: do not end it";
  }
  return std::string(what) + " (process " + std::to_string(program.pid) +
         ") has not responded for " + std::to_string(program.silent_seconds) +
         " s: it hangs, or its disk does";
}

void look_at_agent(const std::optional<AgentFile>& agent, const std::filesystem::path& spool,
                   SiteState& site) {
  if (!agent) return;
  site.agent_runs = true;
  site.agent = look_at_program(agent->pid, true, agent->alive_us, kAgentFileLives, site.now_us);
  site.agent.version = agent->version;
  if (!site.agent.silent) return;
  site.agent.no_room = why_no_room(spool);
  const std::string silent = silent_text("icom-agent run", site.agent);
  if (!site.agent.no_room.empty()) {
    site.problems.push_back(silent);
    return;
  }
  site.problems.push_back(
      silent +
      "; what it looks after goes on, but for what ends meanwhile. systemd starts it again by "
      "itself; otherwise end it with kill -9 and start it again: no Linac notices");
}

/// What whoever is to be started, or looked at, is called.
std::string who_starts(const SiteState& site, const char* program) {
  if (!site.agent_runs)
    return std::string("start icom-agent run (systemctl start icom-agent), or ") + program;
  return "icom-agent run (process " + std::to_string(site.agent.pid) +
         ") is to start it: its log tells why it does not";
}

std::string who_replaces(const ProgramState& program, const SiteState& site) {
  if (!program.no_room.empty()) return {};
  return site.agent_runs && !site.agent.silent
             ? "; icom-agent run replaces it within seconds"
             : "; no icom-agent run is there that would replace it: start one";
}

/// Of a listener that nobody wants any more.
std::string who_ends(const SiteState& site) {
  return site.agent_runs && !site.agent.silent
             ? "; icom-agent run kills it, and none follows: the site's file does not have this "
               "Linac"
             : "; no icom-agent run that responds is there to end it: start one";
}

/// Of the forwarder or the fan-out, which are not replaced while they wait for their disk.
std::string silent_reader_text(const char* what, const ProgramState& program,
                               const SiteState& site) {
  if (!waits_for_disk(program.pid)) return silent_text(what, program) + who_replaces(program, site);
  return std::string(what) + " (process " + std::to_string(program.pid) +
         ") has not responded for " + std::to_string(program.silent_seconds) +
         " s: it waits for its disk, and goes on once that answers: look at the disk";
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
  state.late_frames_without_place = status->stream.late_frames_without_place;
  if (state.listening) state.late_connections = status->stream.late_connections;
  state.last_failure = status->stream.last_failure;
  return state;
}

/// Those of the site's file, then those that are not in it (any more) and are still listened to.
std::vector<LinacState> look_at_listeners(const config::SiteSettings& settings,
                                          std::int64_t now_us) {
  std::vector<LinacState> all;
  const auto look = [&](const config::LinacSettings& linac) {
    all.push_back(look_at_listener(linac, settings.spool.directory / linac.serial, now_us));
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

/// Spools of Linacs that the settings do not have, and that nobody writes (any more).
void judge_left_spools(const forward::ForwardStatus& forwarder, const std::filesystem::path& spool,
                       SiteState& site) {
  for (const auto& linac : forwarder.linacs) {
    if (linac.registered || linac.backlog_bytes == 0) continue;
    if (std::ranges::find(site.linacs, linac.serial, &LinacState::serial) != site.linacs.end()) {
      continue;
    }
    if (linac.accepted) {
      site.notes.push_back("Linac " + linac.serial + ", which the site's file does not have, has " +
                           std::to_string(linac.backlog_bytes) +
                           " bytes in its spool that are still to be sent");
      continue;
    }
    site.problems.push_back(
        "Linac " + linac.serial + ", which the site's file does not have, has " +
        std::to_string(linac.backlog_bytes) + " bytes in its spool that the gateway does not take" +
        (linac.reason.empty() ? "" : " (" + linac.reason + ")") +
        ": have it registered there until they are sent, or, once no listener of it runs and its "
        "frames are to be lost, delete " +
        (spool / linac.serial).string());
  }
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

/// Its forwarder, or the link, has only just begun what it does now.
bool is_new(const SiteState& site) {
  return forward::is_fresh(site.since_us, site.now_us, kGrace);
}

/// Of a connection none of whose attempts has failed: no fault while it is new.
void tell_first_attempt(bool is_new, std::string text, SiteState& site) {
  (is_new ? site.notes : site.problems).push_back(std::move(text));
}

/// Many forwards wait for one tunnel: one sentence.
void judge_forwards(SiteState& site) {
  using forward::PortForwardState;
  std::map<std::string, std::string> waiting;  // names by reason
  bool any_failed = false;
  for (const auto& one : site.forwards) {
    if (one.state == name_of(PortForwardState::up)) continue;
    if (one.state == name_of(PortForwardState::refused)) {
      site.problems.push_back("forward " + one.name + " is not open: " + one.last_failure);
      continue;
    }
    std::string& names = waiting[one.state.empty()          ? "the forwarder does not know it yet"
                                 : one.last_failure.empty() ? "connecting"
                                                            : one.last_failure];
    names += (names.empty() ? "" : ", ") + one.name;
    any_failed = any_failed || !one.last_failure.empty();
  }
  const bool is_first = !any_failed && is_new(site);
  for (const auto& [reason, names] : waiting) {
    tell_first_attempt(is_first, "forwards without a tunnel: " + names + " (" + reason + ")", site);
  }
}

/// For how long no frame has come.
std::string since_text(const LinacState& linac, const SiteState& site) {
  if (linac.last_frame_us == 0) return "since the listener began";
  if (linac.last_frame_us > site.now_us) return "since this machine's clock was set back";
  return "for " + age_text(linac.last_frame_us, site.now_us);
}

/// Of one that is connected, and without a frame.
void judge_quiet(const LinacState& linac, SiteState& site) {
  const std::string name = "Linac " + linac.serial + ": ";
  if (forward::is_fresh(linac.started_us, site.now_us, kGrace)) return;
  if (forward::is_fresh(linac.last_bytes_us, site.now_us, kQuiet)) {
    site.problems.push_back(name + "connected, and bytes come, but no frame was found in them " +
                            since_text(linac, site) + " (" + std::to_string(linac.junk_bytes) +
                            " bytes are no frames): look at what sends at " + linac.address +
                            ": is it the Linac's iCom port?");
    return;
  }
  site.problems.push_back(name + "connected, but no frame has come " + since_text(linac, site) +
                          ": look at the Linac's iCom server, unless its control system is off");
}

/// Whether all that the Linac sends is read.
void judge_listener(const LinacState& linac, SiteState& site) {
  const std::string name = "Linac " + linac.serial + ": ";
  if (!linac.unknown.empty()) {
    // Where nothing at all can be told it is said once.
    if (site.unknown.empty()) {
      site.problems.push_back(name + "whether its listener runs cannot be told: " + linac.unknown);
    }
  } else if (!linac.waits_for.empty() && !linac.listening && !linac.removed) {
    // It may have been asked to leave its former address: icom-agent run starts it again by itself.
    site.problems.push_back(name +
                            "not recorded: its listener is not started yet: " + linac.waits_for);
  } else if (linac.drained && !linac.removed) {
    // A new icom-agent run forgets that it was asked; without one, resume starts nothing.
    site.problems.push_back(name + "not recorded: its listener was asked to leave; " +
                            (site.agent_runs
                                 ? "icom-agent resume --linac " + linac.serial + " starts it again"
                                 : who_starts(site, "its icom-listen service")));
  } else if (linac.listener.silent) {
    site.problems.push_back(name + silent_text("the listener", linac.listener) +
                            (linac.removed && linac.listener.no_room.empty()
                                 ? who_ends(site)
                                 : who_replaces(linac.listener, site)));
  } else if (linac.removed && (linac.drained || !linac.listening)) {
    return;  // it leaves, as it should
  } else if (!linac.listening) {
    site.problems.push_back(name +
                            "no listener runs: " + who_starts(site, "its icom-listen service"));
  } else if (!linac.connected && linac.last_failure.empty()) {
    tell_first_attempt(linac.starting, name + "the listener is connecting to " + linac.address,
                       site);
  } else if (!linac.connected) {
    // No advice to connect to it: the listener does that, and says what comes of it.
    site.problems.push_back(name + "the listener has no connection to " + linac.address + " (" +
                            linac.last_failure +
                            ") and goes on trying: look at the Linac's iCom server, " +
                            (linac.removed ? "" : "at its address in the site's file, ") +
                            "and at the network between");
  } else if (!forward::is_fresh(linac.last_frame_us, site.now_us, kQuiet)) {
    judge_quiet(linac, site);
  }
}

/// What is lost, or does not stand where it belongs.
void judge_losses(const LinacState& linac, SiteState& site) {
  const std::string name = "Linac " + linac.serial + ": ";
  if (linac.given_up_frames > 0) {
    site.problems.push_back(name + std::to_string(linac.given_up_frames) +
                            " frames were given up for want of room: raise spool.max_bytes, or "
                            "make room on its disk");
  }
  if (linac.given_up_junk_bytes > 0) {
    site.problems.push_back(name + std::to_string(linac.given_up_junk_bytes) + " of " +
                            std::to_string(linac.junk_bytes) +
                            " bytes that are no frames (junk) were given up for want of room: look "
                            "at what the Linac sends");
  }
  if (linac.late_frames_without_place > 0) {
    site.problems.push_back(name + std::to_string(linac.late_frames_without_place) +
                            " frames came late, after the line to the Linac was dead, and nothing "
                            "tells where they belong: they are kept as bytes that are no frames "
                            "(junk), and are missing in the records");
  }
  if (!linac.unreadable.empty()) {
    site.problems.push_back(name + "the forwarder cannot read its spool (" + linac.unreadable +
                            "), so nothing of it is sent, and it is full some day: have the spool "
                            "belong to the account that the forwarder runs as (chown -R), or look "
                            "at the disk");
  }
  if (linac.damaged_segments > 0) {
    site.problems.push_back(
        name + std::to_string(linac.damaged_segments) +
        " damaged spool segments are kept for a look, the newest is " + linac.damaged_newest +
        ": what could be read of them is forwarded and all goes on; have the disk and the memory "
        "of this machine checked, then delete the files");
  }
}

/// Of one that was removed, the forwarder tells only as long as its spool holds something.
void judge_forwarding(const LinacState& linac, SiteState& site) {
  if (!site.connected || linac.forwarded) return;
  if (linac.removed && linac.backlog_bytes == 0) return;
  const bool asked = !linac.refusal.empty();
  const bool only_just = is_new(site) || forward::is_fresh(linac.started_us, site.now_us, kGrace);
  if (!asked && only_just) return;
  site.problems.push_back("Linac " + linac.serial + ": the gateway " +
                          (asked ? "does not take it: " + linac.refusal
                                 : std::string("has not said that it takes it")) +
                          "; its spool keeps everything" +
                          (linac.removed ? ": have it registered there until that is sent" : ""));
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

void judge_fan_out(SiteState& site) {
  if (!site.unknown.empty()) return;
  if (!site.fan_out.empty() && site.fan_out_program.silent) {
    site.problems.push_back(silent_reader_text("the fan-out", site.fan_out_program, site));
    return;
  }
  if (!site.fan_out.empty() && !site.fanning_out) {
    site.problems.push_back("no fan-out runs, though fan_out has ports: " +
                            who_starts(site, "the icom-fanout service"));
    return;
  }
  for (const auto& port : site.fan_out) {
    if (port.problem.empty()) continue;
    site.problems.push_back("fan-out of Linac " + port.serial + ": " + port.listen +
                            " cannot be listened on (" + port.problem +
                            "): stop what listens there, or correct fan_out");
  }
}

/// One that looked after what runs has left its file. Where none ever did, other services do.
void judge_absent_agent(const std::filesystem::path& spool, SiteState& site) {
  const bool any_runs = site.forwarding || std::ranges::any_of(site.linacs, &LinacState::listening);
  if (!site.unknown.empty() || site.agent_runs || !any_runs) return;
  std::error_code unknown;
  if (!std::filesystem::exists(spool / kAgentFile, unknown)) return;
  site.problems.push_back(
      "icom-agent run, which looked after these programs, is gone: they go on, and none that ends "
      "is started again. Start it; if it ends at once, its log tells why (journalctl -u "
      "icom-agent)");
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

  judge_absent_agent(settings.spool.directory, site);
  if (!site.unknown.empty()) {
    site.problems.push_back("what runs cannot be told: " + site.unknown);
  } else if (site.forwarder.silent) {
    site.problems.push_back(silent_reader_text("the forwarder", site.forwarder, site) +
                            "; the spool keeps everything");
  } else if (!site.forwarding) {
    site.problems.push_back("no forwarder runs: " + who_starts(site, "the icom-forward service"));
  } else if (!site.connected) {
    if (site.last_error) {
      site.problems.push_back("the forwarder has no connection to the gateway: " +
                              site.last_error->text);
    } else {
      tell_first_attempt(is_new(site), "the forwarder is connecting to the gateway", site);
    }
  }
  if (site.connected) judge_left_spools(*forwarder, settings.spool.directory, site);
  for (const auto& linac : site.linacs) {
    judge_listener(linac, site);
    judge_losses(linac, site);
    judge_forwarding(linac, site);
  }
  judge_fan_out(site);
  if (site.forwarding) judge_forwards(site);
  std::ranges::move(notes_on_older_programs(site, version), std::back_inserter(site.notes));
  return site;
}

}  // namespace icom::supervise
