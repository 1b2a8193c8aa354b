#include <memory>

#include "gateway/cli/commands.hpp"

namespace icom::cli {

void add_clocks(const Command& app, Action& asked) {
  struct Given {
    std::filesystem::path config;
    std::string site;
    std::string linac;
    bool json = false;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand(
      "clocks",
      "List how far each Linac's clock was ahead of UTC and of its zone, by the clock of the "
      "machine that receives its frames, and since when; the newest last");
  add_config_option(command, given->config);
  command.add_option("--site", given->site, "only of this site").type_name("SITE");
  add_linac_option(command, given->linac);
  command.add_flag("--json", given->json, "one JSON object a line instead of a table");
  command.callback([given, &asked] {
    asked = [given] {
      return print_answer(given->config, {.question = readers::Question::clocks,
                                          .site = given_text(given->site),
                                          .linac = given_text(given->linac),
                                          .json = given->json});
    };
  });
}

}  // namespace icom::cli
