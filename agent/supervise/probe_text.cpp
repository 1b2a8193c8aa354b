#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "agent/supervise/probe.hpp"
#include "common/text/span_text.hpp"

namespace icom::supervise {

namespace {

double one_decimal(double value) {
  return std::round(value * 10) / 10;
}

std::string decimal_text(double value) {
  std::string text = std::to_string(one_decimal(value));
  return text.substr(0, text.find('.') + 2);
}

std::string convention_text(const std::optional<std::int64_t>& convention) {
  if (!convention) return "not learnt; frames are found by their dates";
  if (*convention == 0) return "the length field counts the whole message";
  return "the length field counts the message less " + std::to_string(*convention) + " bytes";
}

std::string clock_text(std::int64_t ahead, const std::string& zone) {
  const std::string in = zone.empty() ? "in its own time zone" : "in " + zone;
  if (ahead == 0) return "as this machine's (" + in + ")";
  return text::seconds_and_span_text(std::abs(ahead)) + " " + (ahead > 0 ? "ahead of" : "behind") +
         " this machine's (" + in + ")";
}

std::string verdict(const ProbeReport& report, const std::string& where) {
  if (!report.answered) {
    return "nothing answers at " + where + " (" + report.failure +
           "): check the address, the Linac's iCom server, and the firewall between\n";
  }
  if (report.bytes == 0) {
    return where + " took the connection and sent nothing" +
           (report.failure.empty() ? "" : " (" + report.failure + ")") +
           ": is it the Linac's iCom port, and is one more client allowed there?\n";
  }
  if (report.framer.frames == 0) {
    return where + " sent " + std::to_string(report.bytes) +
           " bytes without one iCom frame: is it the Linac's iCom port (1706)?\n";
  }
  return {};
}

}  // namespace

std::string to_text(const ProbeReport& report, const config::Address& linac) {
  const std::string where = linac.text();
  if (std::string wrong = verdict(report, where); !wrong.empty()) return wrong;
  std::string text = where + " streams iCom frames\n";
  text += "  frames       " + std::to_string(report.framer.frames) + " in " +
          decimal_text(static_cast<double>(report.observed.count()) / 1000) + " s, " +
          decimal_text(report.frames_per_second()) + " a second\n";
  text += "  machine ID   " + report.machine_id.value_or("none in the frames") + "\n";
  text += "  patient      " + std::string(report.patient_selected ? "one is" : "none is") +
          " selected\n";
  text += "  convention   " + convention_text(report.convention) + "\n";
  if (report.clock_ahead_seconds) {
    text += "  clock        " + clock_text(*report.clock_ahead_seconds, report.timezone) + "\n";
  }
  if (report.framer.junk_bytes > 0) {
    text += "  junk         " + std::to_string(report.framer.junk_bytes) +
            " bytes that belong to no frame\n";
  }
  if (!report.failure.empty()) text += "  ended early  " + report.failure + "\n";
  return text;
}

std::string to_json(const ProbeReport& report, const config::Address& linac) {
  nlohmann::ordered_json out;
  out["address"] = linac.text();
  out["answered"] = report.answered;
  out["failure"] = report.failure;
  out["seconds"] = static_cast<double>(report.observed.count()) / 1000;
  out["bytes"] = report.bytes;
  out["frames"] = report.framer.frames;
  out["frames_per_second"] = one_decimal(report.frames_per_second());
  out["junk_bytes"] = report.framer.junk_bytes;
  out["convention"] = nullptr;
  if (report.convention) out["convention"] = *report.convention;
  out["machine_id"] = nullptr;
  if (report.machine_id) out["machine_id"] = *report.machine_id;
  out["clock_ahead_seconds"] = nullptr;
  if (report.clock_ahead_seconds) out["clock_ahead_seconds"] = *report.clock_ahead_seconds;
  out["patient_selected"] = report.patient_selected;
  return out.dump(2) + "\n";
}

}  // namespace icom::supervise
