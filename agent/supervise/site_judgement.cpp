#include "agent/supervise/site_judgement.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "agent/forward/status_files.hpp"
#include "agent/supervise/machine_names.hpp"
#include "agent/supervise/site_state_text.hpp"
#include "common/os/disk_wait.hpp"
#include "common/os/path_text.hpp"

namespace icom::supervise {

namespace {

/// A Linac sends four frames a second: a connection without any for this long is one that the
/// listener is about to give up.
constexpr std::chrono::seconds kQuiet{10};

/// The Linac may not have sent a frame yet since its listener was started, nor the gateway have
/// been asked about it since there is a session: who looks at once sees no fault in that.
constexpr std::chrono::seconds kGrace{10};

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

void judge_agent(SiteState& site) {
  if (!site.agent_runs || !site.agent.silent) return;
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
  if (!os::waits_for_disk(program.pid))
    return silent_text(what, program) + who_replaces(program, site);
  return std::string(what) + " (process " + std::to_string(program.pid) +
         ") has not responded for " + std::to_string(program.silent_seconds) +
         " s: it waits for its disk, and goes on once that answers: look at the disk";
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
        ": have it registered there until they are sent; or, if the serial was mistyped, add the "
        "Linac with icom-agent add-linac --spool-of " +
        linac.serial + "; or, once no listener of it runs and its frames are to be lost, delete " +
        os::utf8(spool / linac.serial));
  }
}

/// Its forwarder, or the link, has only just begun what it does now.
bool is_new(const SiteState& site) {
  return forward::is_fresh(site.since_us, site.now_us, kGrace);
}

/// Of a connection none of whose attempts has failed: no fault while it is new.
void tell_first_attempt(bool is_new, std::string text, SiteState& site) {
  (is_new ? site.notes : site.problems).push_back(std::move(text));
}

/// Of one that is open, and of no use.
std::string target_text(const forward::PortForwardStatus& one, std::int64_t now_us) {
  return "forward " + one.name + ": connections are accepted at " +
         (one.direction == "remote" ? "the hosting site's " : "") + one.listen +
         ", but its target " + one.target + " has taken none for " +
         age_text(one.target_refuses_since_us, now_us) + " (" +
         std::to_string(one.target_refusals) + " in a row; " + one.last_failure +
         "): start what is to listen there, or correct the forward's target";
}

/// Many forwards wait for one tunnel: one sentence.
void judge_forwards(SiteState& site) {
  using forward::PortForwardState;
  std::map<std::string, std::string> waiting;  // names by reason
  bool any_failed = false;
  for (const auto& one : site.forwards) {
    if (one.state == name_of(PortForwardState::up)) {
      if (one.target_refusals > 0) site.problems.push_back(target_text(one, site.now_us));
      continue;
    }
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
  } else if (linac.held_by_another && !linac.removed) {
    site.problems.push_back(
        name +
        "no listener holds its spool folder, and a program of this machine is connected to " +
        linac.address +
        ": another program, or a listener whose folder was removed, which says so in its log. What "
        "that one receives is not sent. ss -tnp dst " +
        linac.address +
        " (as root) shows which one it is: end it (kill, not kill -9) once no beam is on; then " +
        who_starts(site, "its icom-listen service"));
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
  if (linac.folders_made_anew > 0) {
    site.problems.push_back(
        name + "its spool folder was removed or replaced while its listener ran, " +
        age_text(linac.folder_made_anew_us, site.now_us) +
        " ago: the listener has made it anew, and recording goes on. What was not sent yet may be "
        "lost: compare icom-gateway gaps. Delete nothing in a spool directory while listeners run; "
        "this is told until the listener is replaced (icom-agent upgrade)");
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

/// What the file says and what runs does not heed.
void judge_settings(const std::optional<AgentFile>& agent,
                    const std::optional<forward::ForwardStatus>& forwarder, SiteState& site) {
  if (agent && !agent->site.empty() && agent->site != site.site) {
    site.problems.push_back(
        "the site's file says site: " + site.site + ", and icom-agent run (process " +
        std::to_string(agent->pid) + ") goes on as site " + agent->site +
        ", with which it was started: put that back into the file if it was a mistake. Another "
        "name "
        "is another site to the gateway: enrol it first (icom-gateway add-site there, icom-agent "
        "enrol here), then restart icom-agent run (systemctl restart icom-agent), which has each "
        "listener leave its Linac once no beam is on");
  } else if (!agent && site.forwarding && forwarder->site != site.site) {
    site.problems.push_back("the site's file says site: " + site.site +
                            ", and the forwarder (process " + std::to_string(site.forwarder.pid) +
                            ") works as site " + forwarder->site +
                            ": put that back into the file if it was a mistake, or restart "
                            "icom-forward once the site is enrolled under its new name");
  }
}

}  // namespace

void judge(const std::filesystem::path& spool, const std::optional<AgentFile>& agent,
           const std::optional<forward::ForwardStatus>& forwarder, SiteState& site) {
  judge_agent(site);
  judge_absent_agent(spool, site);
  judge_settings(agent, forwarder, site);
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
  if (site.connected) judge_left_spools(*forwarder, spool, site);
  for (const auto& linac : site.linacs) {
    judge_listener(linac, site);
    if (linac.listening) judge_machine_names(linac, site);
    judge_losses(linac, site);
    judge_forwarding(linac, site);
  }
  judge_fan_out(site);
  if (site.forwarding) judge_forwards(site);
}

}  // namespace icom::supervise
