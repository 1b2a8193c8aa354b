#include "agent/fanout/fan_out_status.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace icom::fanout {
namespace {

using nlohmann::json;

json port_to_json(const PortReport& port) {
  return {
      {"serial", port.serial},   {"listen", port.listen},   {"listening", port.listening},
      {"problem", port.problem}, {"clients", port.clients}, {"clients_total", port.clients_total},
      {"cut_off", port.cut_off}, {"refused", port.refused}, {"sent_bytes", port.sent_bytes},
      {"frames", port.frames},
  };
}

PortReport port_from_json(const json& from) {
  PortReport port;
  port.serial = from.at("serial").get<std::string>();
  port.listen = from.value("listen", port.listen);
  port.listening = from.value("listening", port.listening);
  port.problem = from.value("problem", port.problem);
  port.clients = from.value("clients", port.clients);
  port.clients_total = from.value("clients_total", port.clients_total);
  port.cut_off = from.value("cut_off", port.cut_off);
  port.refused = from.value("refused", port.refused);
  port.sent_bytes = from.value("sent_bytes", port.sent_bytes);
  port.frames = from.value("frames", port.frames);
  return port;
}

}  // namespace

std::string to_json(const FanOutStatus& status) {
  json out = {
      {"site", status.site},    {"version", status.version},
      {"pid", status.pid},      {"written_us", status.written_us},
      {"ports", json::array()},
  };
  for (const auto& port : status.ports) out["ports"].push_back(port_to_json(port));
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
    for (const auto& port : in.at("ports")) status.ports.push_back(port_from_json(port));
    return status;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::optional<FanOutStatus> read_fan_out_status(const std::filesystem::path& site_directory) {
  std::ifstream file(site_directory / kFanOutStatusFile, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return fan_out_status_from_json(text);
}

}  // namespace icom::fanout
