// icom-gateway: start here for the program at the hosting site. docs/storage.md, docs/protocol.md.
#include <exception>
#include <iostream>
#include <stdexcept>

#include "common/cli/program.hpp"
#include "common/config/config_error.hpp"
#include "common/text/control.hpp"
#include "gateway/cli/commands.hpp"

namespace {

using namespace icom::cli;
using icom::text::lines_without_controls;

constexpr const char* kDescription =
    "Receives the iCom streams of all sites' Linacs, keeps every frame, finds the treatment "
    "records in them and archives those for PyMedPhys.\n"
    "\n"
    "The commands that read (records, export, ledger, gaps, clocks, sites) work while 'serve' "
    "runs. "
    "Times of frames are of the Linac's own clock.";
constexpr const char* kFooter =
    "Exit codes: 0 done, 1 failed, 2 wrong usage or settings. Errors go to stderr and name no "
    "patient.\n"
    "'icom-gateway COMMAND --help' tells more about a command.";

}  // namespace

int main(int argc, char** argv) {
  Action asked;
  const Program app(kDescription, "icom-gateway");
  app.footer(kFooter);
  app.version("icom-gateway " ICOM_VERSION);
  app.require_subcommand();
  add_serve(app, asked);
  add_check(app, asked);
  add_answer(app, asked);
  add_records(app, asked);
  add_export(app, asked);
  add_ledger(app, asked);
  add_gaps(app, asked);
  add_clocks(app, asked);
  add_sites(app, asked);
  add_machine_id(app, asked);
  add_add_site(app, asked);
  add_revoke(app, asked);
  add_reconnect(app, asked);
  add_authorized_keys(app, asked);
  add_pending(app, asked);
  add_approve(app, asked);
  add_reject(app, asked);
  add_pymedphys_config(app, asked);
  if (const auto code = app.parse_or_tell(argc, argv)) return *code;

  std::ios::sync_with_stdio(false);
  try {
    return asked();
  } catch (const icom::config::ConfigError& error) {
    std::cerr << lines_without_controls(error.what()) << '\n';
    return kWrongUsage;
  } catch (const std::invalid_argument& error) {
    std::cerr << "icom-gateway: " << lines_without_controls(error.what()) << '\n';
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::cerr << "icom-gateway: " << lines_without_controls(error.what()) << '\n';
    return kFailed;
  }
}
