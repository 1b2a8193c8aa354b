#include <memory>

#include "agent/supervise/commands.hpp"
#include "agent/supervise/remove_linac_command.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kRemoveText =
    "Takes a Linac out of the site's file; everything else in it stays as it is. A running "
    "icom-agent has its listener leave, at the first moment when no beam is on. Its spool "
    "stays.\n\n"
    "Exit codes: 0 taken out, 1 failed, 2 wrong usage or settings, such as an unknown serial.";

}  // namespace

void add_remove_linac(const cli::Command& app, Action& asked) {
  auto given = std::make_shared<RemoveLinacOptions>();
  const auto command = app.add_subcommand("remove-linac", kRemoveText);
  add_site_option(command, given->site_file);
  command.add_option("--serial", given->serial, "Its serial").required().type_name("SERIAL");
  command.add_flag("--json", given->json, "One JSON object, for scripts");
  command.callback([given, &asked] { asked = [given] { return remove_linac(*given); }; });
}

}  // namespace icom::supervise
