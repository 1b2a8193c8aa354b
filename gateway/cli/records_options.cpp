#include <memory>

#include "gateway/cli/commands.hpp"

namespace icom::cli {

void add_records(const Command& app, Action& asked) {
  struct Given {
    std::filesystem::path config;
    std::string site;
    std::string linac;
    std::string patient;
    std::string since;
    std::string until;
    bool all = false;
    bool json = false;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand(
      "records", "List treatment records, those with delivered monitor units, the newest last");
  add_config_option(command, given->config);
  command.add_option("--site", given->site, "only of this site").type_name("SITE");
  add_linac_option(command, given->linac);
  command.add_option("--patient", given->patient, "only with exactly this Patient ID")
      .type_name("ID")
      .check([](const std::string& id) {
        return id.empty() ? "an empty text is no Patient ID; leave --patient out to list all" : "";
      });
  add_since_option(command, given->since, "only those that begin at this time or later");
  add_until_option(command, given->until, "only those that begin before this time");
  command.add_flag("--all", given->all, "also those without delivered monitor units");
  command.add_flag("--json", given->json, "one JSON object a line instead of a table");
  command.callback([given, &asked] {
    asked = [given] {
      const readers::ReaderRequest request{.question = readers::Question::records,
                                           .site = given_text(given->site),
                                           .linac = given_text(given->linac),
                                           .patient = given_text(given->patient),
                                           .since = given_time(given->since),
                                           .until = given_time(given->until),
                                           .with_undelivered = given->all,
                                           .json = given->json};
      return print_answer(given->config, request);
    };
  });
}

}  // namespace icom::cli
