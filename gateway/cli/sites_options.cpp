#include <memory>

#include "gateway/cli/commands.hpp"

namespace icom::cli {

void add_sites(const Command& app, Action& asked) {
  struct Given {
    std::filesystem::path config;
    bool json = false;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand(
      "sites",
      "List the sites: since when each is connected, or when it was last. Times are of this "
      "machine's clock, shown in the site's time zone");
  add_config_option(command, given->config);
  command.add_flag("--json", given->json, "one JSON object a line instead of a table");
  command.callback([given, &asked] {
    asked = [given] {
      return print_answer(given->config,
                          {.question = readers::Question::sites, .json = given->json});
    };
  });
}

}  // namespace icom::cli
