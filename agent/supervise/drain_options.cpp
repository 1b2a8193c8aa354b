#include <memory>
#include <string>

#include "agent/supervise/chosen_linacs.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/drain_command.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kDrainText =
    "Has listeners leave their Linacs, each at the first moment when no beam is on: no MU for 10 "
    "seconds, or no patient; with a proper goodbye. Says what it waits for, however long that "
    "takes; "
    "ended before, it leaves the listeners as they are. A listener that has left is not started "
    "again before icom-agent resume, or a new icom-agent run: meanwhile that Linac is not "
    "recorded.\n\n"
    "Exit codes: 0 all have left, 1 one has not, 2 wrong usage or settings.";

constexpr const char* kResumeText =
    "Takes back an icom-agent drain: the listeners are started again.";

struct DrainGiven {
  std::filesystem::path site_file;
  std::string linac;
  DrainOptions options;
};

void add_site_and_linac(const cli::Command& command, DrainGiven& given) {
  add_site_option(command, given.site_file);
  command.add_option("--linac", given.linac, "Its serial; all of the site's Linacs unless given")
      .type_name("SERIAL");
}

}  // namespace

void add_drain(const cli::Command& app, Action& asked) {
  auto given = std::make_shared<DrainGiven>();
  const auto command = app.add_subcommand("drain", kDrainText);
  add_site_and_linac(command, *given);
  command.add_flag("--force", given->options.force, "At once, beam or not");
  command.add_flag("--json", given->options.json, "One JSON array at the end, for scripts");
  command.callback([given, &asked] {
    asked = [given] {
      const auto site = site_to_act_at(given->site_file);
      given->options.linacs = chosen_linacs(site, given->linac);
      return drain(site, given->options);
    };
  });
}

void add_resume(const cli::Command& app, Action& asked) {
  auto given = std::make_shared<DrainGiven>();
  const auto command = app.add_subcommand("resume", kResumeText);
  add_site_and_linac(command, *given);
  command.callback([given, &asked] {
    asked = [given] {
      const auto site = site_to_act_at(given->site_file);
      return resume(site, chosen_linacs(site, given->linac));
    };
  });
}

}  // namespace icom::supervise
