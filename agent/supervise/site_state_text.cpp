#include "agent/supervise/site_state_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "agent/forward/forward_json.hpp"
#include "common/text/control.hpp"

namespace icom::supervise {

namespace {

using Row = std::vector<std::string>;

/// Serials are names of folders, and much of the rest is what files and a peer say.
void add_line(std::string& text, const std::string& line) {
  text += text::without_controls(line) + '\n';
}

std::string lay_out(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    add_line(text, line);
  }
  return text;
}

/// `silent_seconds` is null where the program responds, or none runs.
void add_program(nlohmann::ordered_json& out, const ProgramState& program) {
  out["pid"] = program.pid;
  out["silent_seconds"] = nullptr;
  if (program.silent) out["silent_seconds"] = program.silent_seconds;
  out["version"] = program.version;
}

const char* silent_word(const ProgramState& program, const char* hangs) {
  return program.no_room.empty() ? hangs : "disk full";
}

std::string forwarding_text(const LinacState& linac, const SiteState& site) {
  if (!site.unknown.empty()) return "unknown";
  if (site.forwarder.silent) return silent_word(site.forwarder, "forwarder hangs");
  if (!site.forwarding) return "no forwarder";
  if (!site.connected) return "waiting";
  if (!linac.forwarded) return linac.refusal.empty() ? "not yet" : "refused";
  return linac.round_trip_ms < 0 ? "yes" : "yes, " + std::to_string(linac.round_trip_ms) + " ms";
}

std::string state_text(const forward::PortForwardStatus& one) {
  if (one.state.empty()) return "unknown";
  const bool is_up = one.state == forward::name_of(forward::PortForwardState::up);
  return is_up && one.target_refusals > 0 ? one.state + ", target refuses" : one.state;
}

std::vector<Row> forward_rows(const SiteState& site) {
  std::vector<Row> rows{
      {"FORWARD", "LISTENS AT", "TARGET", "STATE", "SINCE", "OPEN", "TOTAL", "TO TARGET", "FROM"}};
  for (const auto& one : site.forwards) {
    const bool known = !one.state.empty();
    const bool remote = one.direction == "remote";
    rows.push_back({one.name, known ? (remote ? "hosting site " : "") + one.listen : "-",
                    known ? one.target : "-", state_text(one), age_text(one.since_us, site.now_us),
                    std::to_string(one.connections), std::to_string(one.connections_total),
                    size_text(one.bytes_to_target), size_text(one.bytes_from_target)});
  }
  return rows;
}

}  // namespace

std::string age_text(std::int64_t then_us, std::int64_t now_us) {
  if (then_us == 0) return "-";
  const std::int64_t seconds = std::max<std::int64_t>(now_us - then_us, 0) / 1'000'000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86'400) + " d";
}

std::string size_text(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 || value >= 9.95 ? "%.0f %s" : "%.1f %s", value,
                kUnits[unit]);
  return text.data();
}

namespace {

std::string fan_out_text(const fanout::PortReport& port, const SiteState& site) {
  std::string text = "fan-out " + port.serial + ": " + port.listen + ", ";
  if (site.fan_out_program.silent) {
    return text + silent_word(site.fan_out_program, "the fan-out hangs");
  }
  if (!site.unknown.empty()) return text + "unknown";
  if (!site.fanning_out) return text + "no fan-out";
  if (!port.listening) return text + "not listened on";
  text += port.clients == 1 ? "1 client" : std::to_string(port.clients) + " clients";
  text += " (" + std::to_string(port.clients_total) + " in all";
  if (port.cut_off > 0) text += ", " + std::to_string(port.cut_off) + " cut off";
  if (port.refused > 0) text += ", " + std::to_string(port.refused) + " refused";
  return text + "), " + size_text(port.sent_bytes) + " sent";
}

std::string late_text(const LinacState& linac) {
  return "Linac " + linac.serial + ": " +
         (linac.late_connections == 1
              ? "1 connection that was given up is"
              : std::to_string(linac.late_connections) + " connections that were given up are") +
         " still read; a stop of its listener loses what comes after it";
}

/// Of a listener that is to leave its Linac.
std::string when_it_leaves(const LinacState& linac, const SiteState& site) {
  if (linac.listener.silent) return {};  // what becomes of it: among the problems
  if (!site.agent_runs) {
    return ", and goes on until it is stopped, or until icom-agent run is started";
  }
  if (site.agent.silent) {
    return "; icom-agent run, which is to have it leave, does not respond";
  }
  return ", and leaves once no beam is on";
}

std::string removed_text(const LinacState& linac, const SiteState& site) {
  return "Linac " + linac.serial + ": the site's file does not have it; its listener still runs" +
         when_it_leaves(linac, site);
}

std::string move_text(const LinacState& linac, const SiteState& site) {
  return "Linac " + linac.serial + ": waits to leave " + linac.address + " for " + linac.moves_to +
         ": its listener is still at the former" + when_it_leaves(linac, site);
}

}  // namespace

std::string to_table(const SiteState& site) {
  std::vector<Row> rows{
      {"LINAC", "CONNECTED", "SINCE", "FRAMES", "LAST FRAME", "GAPS", "BACKLOG", "FORWARDED"}};
  for (const auto& linac : site.linacs) {
    rows.push_back(
        {linac.serial,
         linac.connected            ? "yes"
         : !linac.unknown.empty()   ? "unknown"
         : linac.listening          ? "no"
         : linac.listener.silent    ? silent_word(linac.listener, "listener hangs")
         : !linac.waits_for.empty() ? "waits"
                                    : "no listener",
         age_text(linac.since_us, site.now_us), std::to_string(linac.frames),
         age_text(linac.last_frame_us, site.now_us), std::to_string(linac.gaps),
         size_text(linac.backlog_bytes - std::min(linac.just_sent_bytes, linac.backlog_bytes)),
         forwarding_text(linac, site)});
  }
  std::string text = lay_out(rows);
  if (!site.forwards.empty()) text += "\n" + lay_out(forward_rows(site));
  text += "\nsite " + site.site + ": ";
  if (!site.forwarding) {
    text += !site.unknown.empty()   ? "what runs cannot be told"
            : site.forwarder.silent ? silent_word(site.forwarder, "the forwarder hangs")
                                    : "no forwarder";
    text += "\n";
  } else {
    text += std::string(site.connected ? "connected to" : "without") + " the gateway for " +
            age_text(site.since_us, site.now_us) + "\n";
  }
  for (const auto& linac : site.linacs) {
    if (linac.late_connections > 0) add_line(text, late_text(linac));
    if (linac.removed) add_line(text, removed_text(linac, site));
    if (!linac.moves_to.empty()) add_line(text, move_text(linac, site));
  }
  for (const auto& port : site.fan_out) add_line(text, fan_out_text(port, site));
  for (const auto& problem : site.problems) add_line(text, "! " + problem);
  for (const auto& note : site.notes) add_line(text, "note: " + note);
  if (site.problems.empty()) text += "all is well\n";
  return text;
}

std::string to_json(const SiteState& site) {
  nlohmann::ordered_json out;
  out["site"] = site.site;
  out["well"] = site.problems.empty();
  out["problems"] = site.problems;
  out["notes"] = site.notes;
  out["unknown"] = site.unknown;
  out["now_us"] = site.now_us;
  auto& agent = out["agent"];
  agent["running"] = site.agent_runs;
  add_program(agent, site.agent);
  auto& forwarder = out["forwarder"];
  forwarder["running"] = site.forwarding;
  forwarder["connected"] = site.connected;
  forwarder["since_us"] = site.since_us;
  add_program(forwarder, site.forwarder);
  forwarder["last_error"] = forward::error_to_json(site.last_error);
  out["linacs"] = nlohmann::ordered_json::array();
  for (const auto& linac : site.linacs) {
    nlohmann::ordered_json one;
    one["serial"] = linac.serial;
    one["address"] = linac.address;
    one["peer"] = linac.peer;
    one["moves_to"] = linac.moves_to;
    one["unknown"] = linac.unknown;
    one["listening"] = linac.listening;
    add_program(one["listener"], linac.listener);
    one["held_by_another"] = linac.held_by_another;
    one["drained"] = linac.drained;
    one["waits_for"] = linac.waits_for;
    one["removed"] = linac.removed;
    one["connected"] = linac.connected;
    one["since_us"] = linac.since_us;
    one["frames"] = linac.frames;
    one["last_frame_us"] = linac.last_frame_us;
    one["gaps"] = linac.gaps;
    one["missing_frames"] = linac.missing_frames;
    one["given_up_frames"] = linac.given_up_frames;
    one["junk_bytes"] = linac.junk_bytes;
    one["given_up_junk_bytes"] = linac.given_up_junk_bytes;
    one["folders_made_anew"] = linac.folders_made_anew;
    one["folder_made_anew_us"] = linac.folder_made_anew_us;
    one["late_frames_without_place"] = linac.late_frames_without_place;
    one["late_connections"] = linac.late_connections;
    one["machine_id"] = linac.machine.id;
    one["other_machine_id"] = linac.machine.other_id;
    one["other_machine_frames"] = linac.machine.other_frames;
    one["last_failure"] = linac.last_failure;
    one["forwarded"] = linac.forwarded;
    one["refusal"] = linac.refusal;
    one["backlog_bytes"] = linac.backlog_bytes;
    one["just_sent_bytes"] = linac.just_sent_bytes;
    one["round_trip_ms"] = linac.round_trip_ms;
    one["damaged_segments"] = linac.damaged_segments;
    one["damaged_newest"] = linac.damaged_newest;
    one["unreadable"] = linac.unreadable;
    out["linacs"].push_back(std::move(one));
  }
  auto& fan_out = out["fan_out"];
  fan_out["running"] = site.fanning_out;
  add_program(fan_out, site.fan_out_program);
  fan_out["ports"] = nlohmann::ordered_json::array();
  for (const auto& port : site.fan_out) {
    auto one = fanout::port_to_json(port);
    one.erase("frames");  // how far the spool is read tells nobody anything here
    fan_out["ports"].push_back(std::move(one));
  }
  out["forwards"] = nlohmann::ordered_json::array();
  for (const auto& forward : site.forwards) {
    out["forwards"].push_back(forward::port_forward_to_json(forward));
  }
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace icom::supervise
