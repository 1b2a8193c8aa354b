// icom-agent: what a site's operator types. docs/agent.md.
#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include "agent/supervise/run_command.hpp"
#include "common/config/config_error.hpp"
#include "common/log/log.hpp"
#include "common/os/process.hpp"

namespace {

using namespace icom;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

constexpr const char* kRunText =
    "Runs a site: one icom-listen for each Linac and one icom-forward, as children. One that ends "
    "by "
    "itself is started again after 1 second, growing to 30 seconds; no other is touched by "
    "that.\n\n"
    "A SIGTERM stops the listeners first, so that each Linac gets its goodbye, gives the forwarder "
    "up "
    "to five seconds to send what they left, and stops it; everything ends within ten seconds. A "
    "second one kills what still runs. If this process is killed its children go on; started "
    "again, "
    "it finds them and looks after them.";

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
  run->add_option("--log-level", run_options.log_level,
                  "How much this program and its children log: " + log::level_names())
      ->capture_default_str()
      ->type_name("LEVEL");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  try {
    if (*run) {
      if (const int wrong = set_up_log(run_options.log_level)) return wrong;
      return supervise::run_site(run_options);
    }
    return kWrongUsage;
  } catch (const config::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "icom-agent: " << error.what() << '\n';
    return kFailed;
  }
}
