#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "agent/supervise/commands.hpp"
#include "agent/supervise/probe.hpp"
#include "common/config/address.hpp"
#include "common/config/timezone.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kProbeText =
    "Connects to a Linac as a listener would, reads for some seconds, and shows whether frames "
    "come, "
    "how many a second, the machine's ID in them, how its length field counts, how its clock "
    "differs "
    "from this machine's, and whether a patient is selected (never which). Leaves with a proper "
    "goodbye.\n\n"
    "A probe is one more client of the Linac, and how many it takes is not known: probe a Linac "
    "that "
    "nobody listens to yet, and not during a treatment.\n\n"
    "Exit codes: 0 frames came, 1 none did, 2 wrong usage.";

int probe_linac(const std::string& text, double seconds, const std::string& zone, bool json) {
  const auto linac = config::parse_address(text, config::kIcomPort);
  if (!linac) {
    std::cerr << "probe: '" << text << "' is not ADDRESS or ADDRESS:PORT\n";
    return kWrongUsage;
  }
  std::cerr << "note: this is one more client of the Linac while it lasts\n";
  const auto report =
      probe(*linac, std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)), zone);
  if (json) std::cout << to_json(report, *linac);
  if (!report.good()) {
    std::cerr << to_text(report, *linac);
  } else if (!json) {
    std::cout << to_text(report, *linac);
  }
  return report.good() ? kDone : kFailed;
}

}  // namespace

void add_probe(CLI::App& app, Action& asked) {
  struct Given {
    std::string linac;
    double seconds = 3;
    std::string timezone;
    bool json = false;
  };
  auto given = std::make_shared<Given>();
  auto* command = app.add_subcommand("probe", kProbeText);
  command->add_option("linac", given->linac, "The Linac; port 1706 unless given")
      ->required()
      ->type_name("ADDRESS[:PORT]");
  command->add_option("--seconds", given->seconds, "How long to read")
      ->capture_default_str()
      ->check(CLI::Range(0.5, 600.0));
  command
      ->add_option("--timezone", given->timezone,
                   "Where the Linac's clock is; as this machine's unless given")
      ->type_name("ZONE")
      ->check(CLI::Validator(
          [](const std::string& zone) {
            return config::timezone_exists(zone) ? std::string()
                                                 : "'" + zone + "' is no time zone of this machine";
          },
          ""));
  command->add_flag("--json", given->json, "One JSON object, for scripts");
  command->callback([given, &asked] {
    asked = [given] {
      return probe_linac(given->linac, given->seconds, given->timezone, given->json);
    };
  });
}

}  // namespace icom::supervise
