#include <memory>

#include "gateway/cli/commands.hpp"

namespace icom::cli {

void add_ledger(const Command& app, Action& asked) {
  struct Given {
    std::filesystem::path config;
    LinacAndTime which;
    bool json = false;
    bool frames = false;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand(
      "ledger", "The audit of each Linac: frames received, stored, duplicates, conflicts, gaps");
  add_config_option(command, given->config);
  add_linac_option(command, given->which.linac);
  add_since_option(command, given->which.since, "counts from the hour of this time on");
  command.add_flag("--json", given->json, "one JSON object a line instead of a table");
  command
      .add_flag("--frames", given->frames,
                "every stored frame, checked against its hash: time, counter, hash, with tabs")
      .excludes("--json");
  command.callback([given, &asked] {
    asked = [given] {
      const auto question = given->frames ? readers::Question::frames : readers::Question::ledger;
      return print_answer(given->config, given->which.request(question, given->json));
    };
  });
}

void add_gaps(const Command& app, Action& asked) {
  struct Given {
    std::filesystem::path config;
    LinacAndTime which;
    bool json = false;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand(
      "gaps", "List the places where frames are missing, or may be, and what agents said of them");
  add_config_option(command, given->config);
  add_linac_option(command, given->which.linac);
  add_since_option(command, given->which.since, "only those that end at this time or later");
  add_until_option(command, given->which.until, "only those that begin before this time");
  command.add_flag("--json", given->json, "one JSON object a line instead of a table");
  command.callback([given, &asked] {
    asked = [given] {
      return print_answer(given->config,
                          given->which.request(readers::Question::gaps, given->json));
    };
  });
}

}  // namespace icom::cli
