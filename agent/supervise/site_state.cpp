#include "agent/supervise/site_state.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "agent/forward/status_files.hpp"
#include "agent/listen/listen_program.hpp"

namespace icom::supervise {

namespace {

/// A Linac sends four frames a second: a connection without any for this long is one that the
/// listener is about to give up.
constexpr std::chrono::seconds kQuiet{10};

LinacState look_at_listener(const config::LinacSettings& settings,
                            const std::filesystem::path& spool, std::int64_t now_us) {
  LinacState state;
  state.serial = settings.serial;
  state.address = settings.address.text();
  std::error_code unknown;
  state.drained = std::filesystem::exists(spool / listen::kDrainedFile, unknown);
  const auto status = forward::read_listener_status(spool);
  if (!status) return state;
  state.listening = forward::is_fresh(status->written_us, now_us, forward::kListenerFileLives);
  state.connected = state.listening && status->stream.connected;
  state.since_us = status->stream.since_us;
  state.frames = status->stream.framer.frames;
  state.last_frame_us = status->stream.last_frame_us;
  state.gaps = status->stream.counter.gaps;
  state.missing_frames = status->stream.counter.missing_frames;
  state.given_up_frames = status->spool.given_up_frames + status->queue.dropped_frames;
  state.last_failure = status->stream.last_failure;
  return state;
}

void add_forwarding(LinacState& linac, const forward::ForwardStatus& status, bool connected) {
  const auto found = std::find_if(status.linacs.begin(), status.linacs.end(),
                                  [&linac](const auto& one) { return one.serial == linac.serial; });
  if (found == status.linacs.end()) return;
  linac.forwarded = connected && found->accepted;
  linac.refusal = found->reason;
  linac.backlog_bytes = found->backlog_bytes;
  linac.round_trip_ms = found->round_trip_ms;
  linac.damaged_segments = found->damaged_segments;
  linac.damaged_newest = found->damaged_newest;
}

/// Spools of Linacs that the settings do not have (any more).
void judge_removed(const forward::ForwardStatus& forwarder, SiteState& site) {
  for (const auto& linac : forwarder.linacs) {
    if (linac.registered || linac.backlog_bytes == 0 || linac.accepted) continue;
    site.problems.push_back(
        "Linac " + linac.serial + ", which the site's file does not have, has " +
        std::to_string(linac.backlog_bytes) + " bytes in its spool that the gateway does not take" +
        (linac.reason.empty() ? "" : " (" + linac.reason + ")") +
        ": have it registered there until they are sent, or delete its folder in the spool "
        "directory");
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

/// Many forwards wait for one tunnel: one sentence.
void judge_forwards(SiteState& site) {
  using forward::PortForwardState;
  std::map<std::string, std::string> waiting;  // names by reason
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
  }
  for (const auto& [reason, names] : waiting) {
    site.problems.push_back("forwards without a tunnel: " + names + " (" + reason + ")");
  }
}

void judge(const LinacState& linac, SiteState& site) {
  const std::string name = "Linac " + linac.serial + ": ";
  if (linac.drained) {
    site.problems.push_back(name +
                            "not recorded: its listener was asked to leave; icom-agent resume "
                            "--linac " +
                            linac.serial + " starts it again");
  } else if (!linac.listening) {
    site.problems.push_back(name +
                            "no listener runs: start icom-agent run, or its icom-listen service");
  } else if (!linac.connected) {
    site.problems.push_back(name + "the listener has no connection to " + linac.address + " (" +
                            (linac.last_failure.empty() ? "connecting" : linac.last_failure) +
                            "): try icom-agent probe " + linac.address);
  } else if (!forward::is_fresh(linac.last_frame_us, site.now_us, kQuiet)) {
    site.problems.push_back(name + "connected, but no frame has come for " +
                            std::to_string(kQuiet.count()) + " s: look at the Linac's iCom server");
  }
  if (linac.given_up_frames > 0) {
    site.problems.push_back(name + std::to_string(linac.given_up_frames) +
                            " frames were given up for want of room: raise spool.max_bytes, or "
                            "make room on its disk");
  }
  if (linac.damaged_segments > 0) {
    site.problems.push_back(
        name + std::to_string(linac.damaged_segments) +
        " damaged spool segments are kept for a look, the newest is " + linac.damaged_newest +
        ": what could be read of them is forwarded and all goes on; have the disk and the memory "
        "of this machine checked, then delete the files");
  }
}

/// A fan-out writes its file at least every ten seconds.
constexpr std::chrono::seconds kFanOutFileLives{30};

void look_at_fan_out(const config::SiteSettings& settings, SiteState& site) {
  const auto status = fanout::read_fan_out_status(settings.spool.directory);
  site.fanning_out = status && forward::is_fresh(status->written_us, site.now_us, kFanOutFileLives);
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
  if (!site.fan_out.empty() && !site.fanning_out) {
    site.problems.emplace_back(
        "no fan-out runs, though fan_out has ports: start icom-agent run, or the icom-fanout "
        "service");
    return;
  }
  for (const auto& port : site.fan_out) {
    if (port.problem.empty()) continue;
    site.problems.push_back("fan-out of Linac " + port.serial + ": " + port.listen +
                            " cannot be listened on (" + port.problem +
                            "): stop what listens there, or correct fan_out");
  }
}

}  // namespace

SiteState look_at_site(const config::SiteSettings& settings, std::int64_t now_us) {
  SiteState site;
  site.site = settings.site;
  site.now_us = now_us;
  const auto forwarder = forward::read_forward_status(settings.spool.directory);
  if (forwarder) {
    site.forwarding = forward::is_fresh(forwarder->written_us, now_us, forward::kForwardFileLives);
    site.connected = site.forwarding && forwarder->connected;
    site.since_us = forwarder->since_us;
    site.last_error = forwarder->last_error;
  }
  site.forwards = look_at_forwards(
      settings, site.forwarding ? forwarder->forwards : std::vector<forward::PortForwardStatus>{});
  for (const auto& linac : settings.linacs) {
    auto state = look_at_listener(linac, settings.spool.directory / linac.serial, now_us);
    if (forwarder) add_forwarding(state, *forwarder, site.connected);
    site.linacs.push_back(std::move(state));
  }

  look_at_fan_out(settings, site);

  if (!site.forwarding) {
    site.problems.emplace_back(
        "no forwarder runs: start icom-agent run, or the icom-forward service");
  } else if (!site.connected) {
    site.problems.push_back("the forwarder has no connection to the gateway: " +
                            (site.last_error ? site.last_error->text : "connecting"));
  }
  if (site.connected) judge_removed(*forwarder, site);
  for (const auto& linac : site.linacs) {
    judge(linac, site);
    if (site.connected && !linac.forwarded) {
      site.problems.push_back("Linac " + linac.serial + ": the gateway does not take it: " +
                              linac.refusal + "; its spool keeps everything");
    }
  }
  judge_fan_out(site);
  if (site.forwarding) judge_forwards(site);
  return site;
}

}  // namespace icom::supervise
