#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>

#include "agent/supervise/commands.hpp"
#include "agent/supervise/run_command.hpp"
#include "common/log/log.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kRunText =
    "Runs a site: one icom-listen for each Linac, one icom-forward, and one icom-fanout if its "
    "file "
    "has fan_out, as children. One that ends "
    "by "
    "itself is started again after 1 second, growing to 30 seconds; no other is touched by "
    "that. A listener that is killed or crashes leaves its connection here, and the next one is "
    "started at once and goes on with it: its Linac notices nothing.\n\n"
    "A SIGTERM stops each listener as soon as its Linac has no beam on (no MU for 10 seconds, or "
    "no patient), at the latest after --stop-within, so that each Linac gets its goodbye; it gives "
    "the forwarder up to five seconds to send what they left, and stops it, ten seconds after the "
    "last listener at the latest. A second one does not wait for beams, a third one kills what "
    "still runs. If this process is killed its children go on; started again, it finds them and "
    "looks after them.\n\n"
    "A changed settings file is taken within a second or so, and at a SIGHUP: a new Linac gets a "
    "listener, that of a removed one leaves as soon as no beam is on, and no other Linac's is "
    "touched. A file with an error changes nothing; the log says what is wrong.\n\n"
    "A SIGUSR2 starts new listeners that take over the connections of those that run; the Linacs "
    "notice nothing. What signals say can be asked for at agent.sock in the spool directory, too, "
    "as icom-agent upgrade does.";

int run_agent(const RunOptions& options) {
  const auto level = log::parse_level(options.log_level);
  if (!level) {
    std::cerr << "--log-level: expected one of " << log::level_names() << '\n';
    return kWrongUsage;
  }
  log::init("icom-agent", *level);
  return run_site(options);
}

}  // namespace

void add_run(const cli::Command& app, Action& asked, const std::filesystem::path& program_folder) {
  struct Given {
    RunOptions options;
    std::uint32_t stop_within = 80;
  };
  auto given = std::make_shared<Given>();
  given->options.program_folder = program_folder;
  given->options.log_level = "info";
  const auto command = app.add_subcommand("run", kRunText);
  command.footer(kExitCodes);
  command
      .add_option("--site", given->options.site_file,
                  "The site's settings, such as sites/nbcc.yaml")
      .required()
      .type_name("FILE");
  command
      .add_option("--bin-dir", given->options.program_folder,
                  "Where icom-listen and the others are; beside this program unless given")
      .type_name("DIR");
  command
      .add_option("--stop-within", given->stop_within,
                  "Seconds for which a stop may wait for the ends of beams; the service manager "
                  "must allow fifteen more")
      .capture_default_str()
      .type_name("SECONDS");
  command
      .add_option("--log-level", given->options.log_level,
                  "How much this program and its children log: " + log::level_names())
      .capture_default_str()
      .type_name("LEVEL");
  command.callback([given, &asked] {
    given->options.stop_within = std::chrono::seconds(given->stop_within);
    asked = [given] { return run_agent(given->options); };
  });
}

}  // namespace icom::supervise
