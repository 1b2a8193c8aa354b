// icom-agent: what a site's operator types. docs/agent.md.
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "agent/supervise/commands.hpp"
#include "common/cli/program.hpp"
#include "common/config/config_error.hpp"
#include "common/os/places.hpp"
#include "common/os/process.hpp"
#include "common/text/control.hpp"

int main(int argc, char** argv) {
  using namespace icom;
  using namespace icom::supervise;
  os::ignore_pipe_and_hangup();
  Action asked;
  const cli::Program app(
      "Looks after a site: runs its programs, shows their state, adds, tries and removes Linacs.",
      "icom-agent");
  app.version("icom-agent " ICOM_VERSION);
  app.footer(std::string("icom-agent COMMAND --help tells more. ") + kExitCodes);
  app.require_subcommand();
  // The others are beside it, unless told otherwise.
  add_run(app, asked, os::program_folder(argv[0]));
  add_status(app, asked);
  add_add_linac(app, asked);
  add_remove_linac(app, asked);
  add_probe(app, asked);
  add_drain(app, asked);
  add_resume(app, asked);
  add_stop(app, asked);
  add_upgrade(app, asked);
  add_enrol(app, asked);
  add_rotate(app, asked);
  if (const auto code = app.parse_or_tell(argc, argv)) return *code;
  try {
    return asked();
  } catch (const config::ConfigError& error) {
    std::cerr << text::lines_without_controls(error.what()) << '\n';
    return kWrongUsage;
  } catch (const std::invalid_argument& error) {
    std::cerr << text::lines_without_controls(error.what()) << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "icom-agent: " << text::lines_without_controls(error.what()) << '\n';
    return kFailed;
  }
}
