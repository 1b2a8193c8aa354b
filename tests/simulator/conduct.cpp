#include "tests/simulator/conduct.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace icom::simulator {
namespace {

std::int64_t microseconds(std::chrono::system_clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::microseconds>(when.time_since_epoch()).count();
}

nlohmann::ordered_json json_of(const ClientConduct& conduct) {
  nlohmann::ordered_json json;
  json["client"] = conduct.client;
  json["connected_us"] = microseconds(conduct.connected);
  json["disconnected_us"] = nullptr;
  if (conduct.disconnected) json["disconnected_us"] = microseconds(*conduct.disconnected);
  json["frames_sent"] = conduct.frames_sent;
  json["bytes_sent"] = conduct.bytes_sent;
  json["bytes_received"] = conduct.bytes_received;
  json["stopped_reading"] = conduct.stopped_reading;
  json["longest_stall_ms"] = conduct.longest_stall.count();
  json["total_stall_ms"] = conduct.total_stall.count();
  json["backlog_overflowed"] = conduct.backlog_overflowed;
  json["closed_by"] = name_of(conduct.closed_by);
  json["beam_on_when_closed"] = conduct.beam_on_when_closed;
  return json;
}

}  // namespace

std::string_view name_of(ClosedBy closed_by) {
  switch (closed_by) {
    case ClosedBy::open:
      return "open";
    case ClosedBy::fin:
      return "fin";
    case ClosedBy::reset:
      return "reset";
    case ClosedBy::simulator:
      return "simulator";
  }
  return "?";
}

std::string summary_of(const ClientConduct& conduct) {
  std::string text = "client " + std::to_string(conduct.client) + " gone after " +
                     std::to_string(conduct.frames_sent) + " frames: closed by " +
                     std::string(name_of(conduct.closed_by)) + ", beam " +
                     (conduct.beam_on_when_closed ? "on" : "off");
  if (conduct.stopped_reading) {
    text += ", stopped reading for up to " + std::to_string(conduct.longest_stall.count()) + " ms";
  }
  if (conduct.backlog_overflowed) text += ", dropped with a full backlog";
  if (conduct.bytes_received > 0)
    text += ", sent " + std::to_string(conduct.bytes_received) + " bytes to the Linac";
  return text;
}

bool ConductReport::mark_not_recorded(const NotRecorded& treatment) {
  const bool known =
      std::any_of(not_recorded_.begin(), not_recorded_.end(),
                  [&](const NotRecorded& other) { return other.visit == treatment.visit; });
  if (!known) not_recorded_.push_back(treatment);
  return !known;
}

void ConductReport::set_progress(std::uint64_t frames, std::uint64_t deliveries) {
  frames_ = frames;
  deliveries_ = deliveries;
}

std::string ConductReport::to_json() const {
  nlohmann::ordered_json json;
  json["serial"] = serial_;
  json["frames_made"] = frames_;
  json["deliveries"] = deliveries_;
  json["clock_set"] = nlohmann::ordered_json::array();
  for (const auto& jump : clock_jumps_)
    json["clock_set"].push_back({{"frame", jump.frame}, {"seconds", jump.by.count()}});
  json["clients"] = nlohmann::ordered_json::array();
  for (const auto& [number, conduct] : clients_) json["clients"].push_back(json_of(conduct));
  json["not_recorded"] = nlohmann::ordered_json::array();
  for (const auto& treatment : not_recorded_) {
    json["not_recorded"].push_back({{"visit", treatment.visit},
                                    {"field_id", treatment.field_id},
                                    {"client", treatment.client},
                                    {"reason", treatment.reason}});
  }
  return json.dump(1) + "\n";
}

void ConductReport::write(const std::filesystem::path& file) const {
  auto fresh = file;
  fresh += ".new";
  std::ofstream out(fresh, std::ios::binary);
  out << to_json();
  out.close();
  if (!out)
    throw std::system_error(errno, std::generic_category(),
                            "cannot write the report " + fresh.string());
  std::filesystem::rename(fresh, file);
}

}  // namespace icom::simulator
