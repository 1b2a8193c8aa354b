// icom-agent: what a site's operator types. docs/agent.md.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>

#include "agent/supervise/chosen_linacs.hpp"
#include "agent/supervise/drain_command.hpp"
#include "agent/supervise/probe.hpp"
#include "agent/supervise/run_command.hpp"
#include "agent/supervise/site_state_text.hpp"
#include "agent/supervise/upgrade_command.hpp"
#include "common/config/address.hpp"
#include "common/config/config_error.hpp"
#include "common/log/log.hpp"
#include "common/os/process.hpp"
#include "common/os/utc_clock.hpp"

namespace {

using namespace icom;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

constexpr const char* kRunText =
    "Runs a site: one icom-listen for each Linac and one icom-forward, as children. One that ends "
    "by "
    "itself is started again after 1 second, growing to 30 seconds; no other is touched by "
    "that.\n\n"
    "A SIGTERM stops each listener as soon as its Linac has no beam on (no MU for 10 seconds, or "
    "no patient), at the latest after --stop-within, so that each Linac gets its goodbye; it gives "
    "the forwarder up to five seconds to send what they left, and stops it, ten seconds after the "
    "last listener at the latest. A second one does not wait for beams, a third one kills what "
    "still runs. If this process is killed its children go on; started again, it finds them and "
    "looks after them.\n\n"
    "A SIGUSR2 (icom-agent upgrade sends one) starts new listeners that take over the connections "
    "of those that run; the Linacs notice nothing.";

constexpr const char* kDrainText =
    "Has listeners leave their Linacs, each at the first moment when no beam is on: no MU for 10 "
    "seconds, or no patient; with a proper goodbye. Says what it waits for, however long that "
    "takes; "
    "ended before, it leaves the listeners as they are. A listener that has left is not started "
    "again before icom-agent resume, or a new icom-agent run: meanwhile that Linac is not "
    "recorded.\n\n"
    "Exit codes: 0 all have left, 1 one has not, 2 wrong usage or settings.";

constexpr const char* kResumeText =
    "Takes back an icom-agent drain: the listeners are started again.";

constexpr const char* kUpgradeText =
    "Has the running icom-agent run start the icom-listen that is installed now for each Linac, "
    "which takes over the connection of the one that runs, in the middle of a frame if need be. "
    "No byte is lost, and the Linac notices nothing. The forwarder is not touched.\n\n"
    "Exit codes: 0 all listeners are new ones, 1 one is not, 2 wrong usage or settings.";

constexpr const char* kStatusText =
    "Shows how a site's listeners and forwarder are, from the files that they keep in the spool "
    "directory: for each Linac since when it is connected, frames received since the listener "
    "started, the age of the last one, gaps in the counter, what waits to be forwarded, and "
    "whether "
    "the gateway takes it; and what is wrong, with what to do. Needs neither network nor the "
    "programs.\n\n"
    "Exit codes: 0 all is well, 1 something is not, 2 wrong usage or settings.";

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

constexpr std::uint16_t kIcomPort = 1706;

constexpr const char* kExitCodes = "Exit codes: 0 done, 1 failed, 2 wrong usage or settings.";

/// Where this program is: the others are beside it, unless told otherwise.
std::filesystem::path own_folder(const char* argv0) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::absolute(argv0).parent_path() : self.parent_path();
}

int set_up_log(const std::string& level) {
  const auto parsed = log::parse_level(level);
  if (!parsed) {
    std::cerr << "--log-level: expected one of " << log::level_names() << '\n';
    return kWrongUsage;
  }
  log::init("icom-agent", *parsed);
  return 0;
}

int show_status(const std::filesystem::path& site_file, bool json) {
  const auto site = config::load_site(site_file);
  const auto state = supervise::look_at_site(site, os::utc_now_us());
  std::cout << (json ? supervise::to_json(state) : supervise::to_table(state));
  return state.problems.empty() ? 0 : kFailed;
}

int probe_linac(const std::string& text, double seconds, bool json) {
  const auto linac = config::parse_address(text, kIcomPort);
  if (!linac) {
    std::cerr << "probe: '" << text << "' is not ADDRESS or ADDRESS:PORT\n";
    return kWrongUsage;
  }
  std::cerr << "note: this is one more client of the Linac while it lasts\n";
  const auto report = supervise::probe(
      *linac, std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
  if (json) std::cout << supervise::to_json(report, *linac);
  if (!report.good()) {
    std::cerr << supervise::to_text(report, *linac);
  } else if (!json) {
    std::cout << supervise::to_text(report, *linac);
  }
  return report.good() ? 0 : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  os::ignore_pipe_and_hangup();
  CLI::App app("Looks after the programs of a site: runs them, shows their state, tries a Linac.",
               "icom-agent");
  app.set_version_flag("--version", "icom-agent " ICOM_VERSION);
  app.footer(std::string("icom-agent COMMAND --help tells more. ") + kExitCodes);
  app.require_subcommand(1);

  supervise::RunOptions run_options;
  run_options.program_folder = own_folder(argv[0]);
  run_options.log_level = "info";
  auto* run = app.add_subcommand("run", kRunText);
  run->footer(kExitCodes);
  run->add_option("--site", run_options.site_file, "The site's settings, such as sites/nbcc.yaml")
      ->required()
      ->type_name("FILE");
  run->add_option("--bin-dir", run_options.program_folder,
                  "Where icom-listen and icom-forward are; beside this program unless given")
      ->type_name("DIR");
  std::uint32_t stop_within = 80;
  run->add_option("--stop-within", stop_within,
                  "Seconds for which a stop may wait for the ends of beams; the service manager "
                  "must allow fifteen more")
      ->capture_default_str()
      ->type_name("SECONDS");
  run->add_option("--log-level", run_options.log_level,
                  "How much this program and its children log: " + log::level_names())
      ->capture_default_str()
      ->type_name("LEVEL");

  std::filesystem::path site_file = "/etc/icom/site.yaml";
  const auto add_site = [&site_file](CLI::App* command) {
    command->add_option("--site", site_file, "The site's settings")
        ->capture_default_str()
        ->type_name("FILE");
  };
  std::string linac;
  const auto add_linac = [&linac](CLI::App* command) {
    command->add_option("--linac", linac, "Its serial; all of the site's Linacs unless given")
        ->type_name("SERIAL");
  };
  bool status_json = false;
  auto* status = app.add_subcommand("status", kStatusText);
  add_site(status);
  status->add_flag("--json", status_json, "One JSON object, for scripts");

  std::string probe_address;
  double probe_seconds = 3;
  bool probe_json = false;
  auto* probe = app.add_subcommand("probe", kProbeText);
  probe->add_option("linac", probe_address, "The Linac; port 1706 unless given")
      ->required()
      ->type_name("ADDRESS[:PORT]");
  probe->add_option("--seconds", probe_seconds, "How long to read")
      ->capture_default_str()
      ->check(CLI::Range(0.5, 600.0));
  probe->add_flag("--json", probe_json, "One JSON object, for scripts");

  supervise::DrainOptions drain_options;
  auto* drain = app.add_subcommand("drain", kDrainText);
  add_site(drain);
  add_linac(drain);
  drain->add_flag("--force", drain_options.force, "At once, beam or not");
  drain->add_flag("--json", drain_options.json, "One JSON array at the end, for scripts");

  auto* resume = app.add_subcommand("resume", kResumeText);
  add_site(resume);
  add_linac(resume);

  auto* upgrade = app.add_subcommand("upgrade", kUpgradeText);
  add_site(upgrade);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  try {
    if (*run) {
      if (const int wrong = set_up_log(run_options.log_level)) return wrong;
      run_options.stop_within = std::chrono::seconds(stop_within);
      return supervise::run_site(run_options);
    }
    if (*status) return show_status(site_file, status_json);
    if (*drain || *resume || *upgrade) {
      const auto site = config::load_site(site_file);
      const auto linacs = supervise::chosen_linacs(site, linac);
      if (*resume) return supervise::resume(site, linacs);
      if (*upgrade) return supervise::upgrade(site, linacs);
      drain_options.linacs = linacs;
      return supervise::drain(site, drain_options);
    }
    return probe_linac(probe_address, probe_seconds, probe_json);
  } catch (const config::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return kWrongUsage;
  } catch (const std::invalid_argument& error) {
    std::cerr << error.what() << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "icom-agent: " << error.what() << '\n';
    return kFailed;
  }
}
