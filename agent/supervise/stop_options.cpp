#include <chrono>
#include <cstdint>
#include <memory>

#include "agent/supervise/commands.hpp"
#include "agent/supervise/stop_command.hpp"
#include "common/config/site_settings.hpp"
#include "common/log/log.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kStopText =
    "Ends what an icom-agent run that was killed has left running: each listener leaves its Linac "
    "with a FIN as soon as no beam is on, at the latest after --stop-within, then forwarder and "
    "fan-out end. Where an icom-agent run looks after them, stop that one instead (systemctl stop "
    "icom-agent); this refuses then.\n\n"
    "Exit codes: 0 nothing runs any more, 1 an icom-agent run runs, 2 wrong usage or settings.";

}  // namespace

void add_stop(const cli::Command& app, Action& asked) {
  struct Given {
    std::filesystem::path site_file;
    std::uint32_t stop_within = 80;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand("stop", kStopText);
  add_site_option(command, given->site_file);
  command
      .add_option("--stop-within", given->stop_within,
                  "Seconds for which it may wait for the ends of beams")
      .capture_default_str()
      .type_name("SECONDS");
  command.callback([given, &asked] {
    asked = [given] {
      log::init("icom-agent", spdlog::level::info);
      return stop_what_was_left(site_to_act_at(given->site_file),
                                std::chrono::seconds(given->stop_within));
    };
  });
}

}  // namespace icom::supervise
