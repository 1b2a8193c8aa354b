#include <memory>

#include "agent/supervise/chosen_linacs.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/upgrade_command.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kUpgradeText =
    "Has the installed programs come in the place of those that run. First the running icom-agent "
    "run, where the installed one is another. It starts the icom-listen that is installed now for "
    "each Linac, "
    "which takes over the connection of the one that runs, in the middle of a frame if need be. "
    "No byte is lost, and the Linac notices nothing. Then the forwarder and the fan-out are "
    "replaced, where the installed ones are others: the spools keep everything meanwhile; the "
    "connections through forwards are cut. A fan-out with clients is left running, and said, "
    "unless --cut-clients is given.\n\n"
    "Exit codes: 0 all are the installed ones, but for a fan-out that is left for its clients; 1 "
    "one is not, 2 wrong usage or settings.";

}  // namespace

void add_upgrade(const cli::Command& app, Action& asked) {
  struct Given {
    std::filesystem::path site_file;
    bool cut_clients = false;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand("upgrade", kUpgradeText);
  add_site_option(command, given->site_file);
  command.add_flag("--cut-clients", given->cut_clients,
                   "Replace the fan-out also while clients listen: they get FIN, and may connect "
                   "again a second or two later");
  command.callback([given, &asked] {
    asked = [given] {
      const auto site = site_to_act_at(given->site_file);
      return upgrade(site, chosen_linacs(site, ""), given->cut_clients);
    };
  });
}

}  // namespace icom::supervise
