#include "agent/fanout/fan_out_status.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/os/edited_file.hpp"

namespace icom::fanout {
namespace {

using nlohmann::json;

/// Of a fan-out of before it said so.
constexpr std::int64_t kOlderFileEachMs = 10'000;

/// The one list of a port's fields, for both ways: `visit(name, field)` for each. Port is const on
/// the way out.
template <typename Port, typename Visit>
void visit_port(Port& port, Visit&& visit) {
  visit("serial", port.serial);
  visit("listen", port.listen);
  visit("listening", port.listening);
  visit("problem", port.problem);
  visit("clients", port.clients);
  visit("clients_total", port.clients_total);
  visit("cut_off", port.cut_off);
  visit("refused", port.refused);
  visit("sent_bytes", port.sent_bytes);
  visit("frames", port.frames);
}

PortReport port_from_json(const json& from) {
  PortReport port;
  port.serial = from.at("serial").get<std::string>();
  visit_port(port, [&from](const char* name, auto& field) { field = from.value(name, field); });
  return port;
}

}  // namespace

std::uint64_t clients_of(const FanOutStatus& status) {
  std::uint64_t clients = 0;
  for (const auto& port : status.ports) clients += port.clients;
  return clients;
}

nlohmann::ordered_json port_to_json(const PortReport& port) {
  nlohmann::ordered_json out;
  visit_port(port, [&out](const char* name, const auto& field) { out[name] = field; });
  return out;
}

std::string to_json(const FanOutStatus& status) {
  json out = {
      {"site", status.site},
      {"version", status.version},
      {"pid", status.pid},
      {"written_us", status.written_us},
      {"written_each_ms", status.written_each_ms},
      {"ports", json::array()},
  };
  for (const auto& port : status.ports) out["ports"].emplace_back(port_to_json(port));
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<FanOutStatus> fan_out_status_from_json(std::string_view text) {
  try {
    const json in = json::parse(text);
    FanOutStatus status;
    status.site = in.at("site").get<std::string>();
    status.version = in.value("version", status.version);
    status.pid = in.value("pid", status.pid);
    status.written_us = in.value("written_us", status.written_us);
    status.written_each_ms = in.value("written_each_ms", kOlderFileEachMs);
    for (const auto& port : in.at("ports")) status.ports.push_back(port_from_json(port));
    return status;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::optional<FanOutStatus> read_fan_out_status(const std::filesystem::path& site_directory) {
  constexpr std::uint64_t kMaxBytes = 16U << 20U;
  try {
    return fan_out_status_from_json(
        os::read_text_file(os::real_file_system(), site_directory / kFanOutStatusFile, kMaxBytes));
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

}  // namespace icom::fanout
