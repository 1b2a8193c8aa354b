#include <memory>

#include "agent/supervise/chosen_linacs.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/upgrade_command.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kUpgradeText =
    "Has the running icom-agent run start the icom-listen that is installed now for each Linac, "
    "which takes over the connection of the one that runs, in the middle of a frame if need be. "
    "No byte is lost, and the Linac notices nothing. The forwarder is not touched.\n\n"
    "Exit codes: 0 all listeners are new ones, 1 one is not, 2 wrong usage or settings.";

}  // namespace

void add_upgrade(CLI::App& app, Action& asked) {
  auto site_file = std::make_shared<std::filesystem::path>();
  auto* command = app.add_subcommand("upgrade", kUpgradeText);
  add_site_option(*command, *site_file);
  command->callback([site_file, &asked] {
    asked = [site_file] {
      const auto site = config::load_site(*site_file);
      return upgrade(site, chosen_linacs(site, ""));
    };
  });
}

}  // namespace icom::supervise
