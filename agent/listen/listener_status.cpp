#include "agent/listen/listener_status.hpp"

#include <nlohmann/json.hpp>

namespace icom::listen {

namespace {

using Json = nlohmann::json;

/// The one list of fields, for both ways: `visit(name, field)` for each. Status is const on the way
/// out.
template <typename Status, typename Visit>
void visit_fields(Status& status, Visit&& visit) {
  visit("pid", status.pid);
  visit("version", status.version);
  visit("serial", status.serial);
  visit("address", status.address);
  visit("started_us", status.started_us);
  visit("written_us", status.written_us);

  auto& stream = status.stream;
  visit("connected", stream.connected);
  visit("since_us", stream.since_us);
  visit("last_failure", stream.last_failure);
  visit("connections", stream.connections);
  visit("silent_connections", stream.silent_connections);
  visit("bytes", stream.bytes);
  visit("last_bytes_us", stream.last_bytes_us);
  visit("peer", stream.peer);
  visit("late_frames", stream.late_frames);
  visit("late_frames_without_place", stream.late_frames_without_place);
  visit("late_connections", stream.late_connections);
  visit("last_frame_us", stream.last_frame_us);
  visit("last_frame_linac_seconds", stream.last_frame_linac_seconds);
  visit("frames", stream.framer.frames);
  visit("frames_by_length", stream.framer.frames_by_length);
  visit("frames_by_anchor", stream.framer.frames_by_anchor);
  visit("frames_by_pause", stream.framer.frames_by_pause);
  visit("junk_runs", stream.framer.junk_runs);
  visit("junk_bytes", stream.framer.junk_bytes);
  visit("convention_changes", stream.framer.convention_changes);
  visit("convention", stream.convention);
  visit("counter_gaps", stream.counter.gaps);
  visit("missing_frames", stream.counter.missing_frames);
  visit("duplicates", stream.counter.duplicates);
  visit("machine_id", stream.machine.id);
  visit("first_machine_id", stream.machine.first_id);
  visit("other_machine_id", stream.machine.other_id);
  visit("other_machine_frames", stream.machine.other_frames);

  visit("queue_bytes", status.queue.bytes);
  visit("queue_peak_bytes", status.queue.peak_bytes);
  visit("dropped_frames", status.queue.dropped_frames);
  visit("dropped_frames_with_patient", status.queue.dropped_frames_with_patient);
  visit("dropped_junk_bytes", status.queue.dropped_junk_bytes);

  visit("spool_run", status.spool_run);
  visit("spool_entries", status.spool.entries);
  visit("spool_bytes", status.spool.bytes);
  visit("given_up_frames", status.spool.given_up_frames);
  visit("given_up_frames_with_patient", status.spool.given_up_frames_with_patient);
  visit("given_up_junk_bytes", status.spool.given_up_junk_bytes);
  visit("failed_writes", status.spool.failed_writes);
  visit("failed_syncs", status.failed_syncs);
  visit("folders_made_anew", status.folders_made_anew);
  visit("folder_made_anew_us", status.folder_made_anew_us);
}

template <typename Value>
void put(Json& json, const Value& value) {
  json = value;
}

template <typename Value>
void put(Json& json, const std::optional<Value>& value) {
  if (value) json = *value;
}

template <typename Value>
void get(const Json& json, Value& value) {
  json.get_to(value);
}

template <typename Value>
void get(const Json& json, std::optional<Value>& value) {
  if (!json.is_null()) value = json.get<Value>();
}

}  // namespace

std::string to_json(const ListenerStatus& status) {
  // In the list's order, for people who read the file.
  nlohmann::ordered_json json;
  visit_fields(status, [&](const char* name, const auto& field) {
    Json value;
    put(value, field);
    json[name] = value;
  });
  // Text of the operating system may be in any encoding; a status that cannot be written would hide
  // all the rest.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::optional<ListenerStatus> listener_status_from_json(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  ListenerStatus status;
  try {
    visit_fields(status, [&](const char* name, auto& field) {
      if (const auto found = json.find(name); found != json.end()) get(*found, field);
    });
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  return status;
}

}  // namespace icom::listen
