#include <iostream>
#include <memory>

#include "gateway/cli/commands.hpp"
#include "gateway/store/machine_id.hpp"

namespace icom::cli {

void add_machine_id(const Command& app, Action& asked) {
  struct Given {
    std::filesystem::path config;
    std::string site;
    std::string serial;
    std::string id;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand(
      "machine-id",
      "Say what a Linac's frames rightly call their machine, after 'check' has noted another ID");
  add_config_option(command, given->config);
  command.add_option("SITE", given->site, "the site that has the Linac").required();
  command.add_option("SERIAL", given->serial, "the Linac's").required();
  command.add_option("ID", given->id, "the machine ID that is right").required();
  command.callback([given, &asked] {
    asked = [given] {
      store::set_machine_id(store_of(given->config), given->site, given->serial, given->id);
      std::cout << "Linac " << given->serial << " of " << given->site << ": its machine ID is "
                << given->id << '\n';
      return end_standard_output();
    };
  });
}

}  // namespace icom::cli
