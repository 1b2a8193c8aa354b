#include "agent/forward/forward_status.hpp"

#include <nlohmann/json.hpp>

#include "agent/forward/forward_json.hpp"
#include "common/text/hex.hpp"

namespace icom::forward {
namespace {

using nlohmann::json;

/// Of a forwarder of before it said so.
constexpr std::int64_t kOlderFileEachMs = 10'000;

json linac_to_json(const LinacForwardStatus& linac) {
  return {
      {"serial", linac.serial},
      {"registered", linac.registered},
      {"accepted", linac.accepted},
      {"reason", linac.reason},
      {"backlog_bytes", linac.backlog_bytes},
      {"just_sent_bytes", linac.just_sent_bytes},
      // 64 random bits do not fit into the numbers of most JSON readers.
      {"acked_run", text::hex(linac.acked_run)},
      {"acked_seq", linac.acked_seq},
      {"entries_sent", linac.entries_sent},
      {"entries_acked", linac.entries_acked},
      {"corrupt_entries", linac.corrupt_entries},
      {"holes", linac.holes},
      {"damaged_segments", linac.damaged_segments},
      {"damaged_bytes", linac.damaged_bytes},
      {"damaged_newest", linac.damaged_newest},
      {"unreadable", linac.unreadable},
      {"round_trip_ms", linac.round_trip_ms},
  };
}

LinacForwardStatus linac_from_json(const json& from) {
  LinacForwardStatus linac;
  linac.serial = from.at("serial").get<std::string>();
  linac.registered = from.value("registered", linac.registered);
  linac.accepted = from.value("accepted", linac.accepted);
  linac.reason = from.value("reason", linac.reason);
  linac.backlog_bytes = from.value("backlog_bytes", linac.backlog_bytes);
  linac.just_sent_bytes = from.value("just_sent_bytes", linac.just_sent_bytes);
  linac.acked_run = std::stoull(from.value("acked_run", std::string("0")), nullptr, 16);
  linac.acked_seq = from.value("acked_seq", linac.acked_seq);
  linac.entries_sent = from.value("entries_sent", linac.entries_sent);
  linac.entries_acked = from.value("entries_acked", linac.entries_acked);
  linac.corrupt_entries = from.value("corrupt_entries", linac.corrupt_entries);
  linac.holes = from.value("holes", linac.holes);
  linac.damaged_segments = from.value("damaged_segments", linac.damaged_segments);
  linac.damaged_bytes = from.value("damaged_bytes", linac.damaged_bytes);
  linac.damaged_newest = from.value("damaged_newest", linac.damaged_newest);
  linac.unreadable = from.value("unreadable", linac.unreadable);
  linac.round_trip_ms = from.value("round_trip_ms", linac.round_trip_ms);
  return linac;
}

}  // namespace

std::string to_json(const ForwardStatus& status) {
  json out = {
      {"site", status.site},
      {"version", status.version},
      {"pid", status.pid},
      {"written_us", status.written_us},
      {"written_each_ms", status.written_each_ms},
      {"connected", status.connected},
      {"since_us", status.since_us},
      {"last_error", error_to_json(status.last_error)},
      {"linacs", json::array()},
      {"forwards", json::array()},
  };
  for (const auto& linac : status.linacs) out["linacs"].push_back(linac_to_json(linac));
  for (const auto& forward : status.forwards) {
    out["forwards"].emplace_back(port_forward_to_json(forward));
  }
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<ForwardStatus> forward_status_from_json(std::string_view text) {
  try {
    const json in = json::parse(text);
    ForwardStatus status;
    status.site = in.at("site").get<std::string>();
    status.version = in.value("version", status.version);
    status.pid = in.value("pid", status.pid);
    status.written_us = in.value("written_us", status.written_us);
    status.written_each_ms = in.value("written_each_ms", kOlderFileEachMs);
    status.connected = in.value("connected", status.connected);
    status.since_us = in.value("since_us", status.since_us);
    if (const auto error = in.find("last_error"); error != in.end()) {
      status.last_error = error_from_json(*error);
    }
    for (const auto& linac : in.at("linacs")) status.linacs.push_back(linac_from_json(linac));
    if (const auto forwards = in.find("forwards"); forwards != in.end()) {
      for (const auto& forward : *forwards) {
        status.forwards.push_back(port_forward_from_json(forward));
      }
    }
    return status;
  } catch (const std::exception&) {  // json's own errors, and those of stoull
    return std::nullopt;
  }
}

}  // namespace icom::forward
