#include <memory>
#include <stdexcept>
#include <string>

#include "agent/supervise/add_linac_command.hpp"
#include "agent/supervise/commands.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kAddText =
    "Adds a Linac to the site: looks whether the address answers and streams iCom, shows what it "
    "saw, writes the entry into the site's file (everything else in it stays as it is), and waits "
    "until the running icom-agent has taken it up. The other Linacs' streams are not touched.\n\n"
    "The look is one more client of the Linac for some seconds, and how many it takes is not "
    "known: "
    "not during a treatment.\n\n"
    "Exit codes: 0 written, and taken up if icom-agent run runs; 1 nothing answers, or not taken "
    "up; 2 wrong usage or settings, such as a serial or an address that another Linac has.";

}  // namespace

void add_add_linac(const cli::Command& app, Action& asked) {
  struct Given {
    AddLinacOptions options;
    std::string address;
    double seconds = 3;
    bool without_check = false;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand("add-linac", kAddText);
  add_site_option(command, given->options.site_file);
  command.add_option("--serial", given->options.linac.serial, "Names the Linac everywhere")
      .required()
      .type_name("SERIAL");
  command.add_option("--address", given->address, "The Linac; port 1706 unless given")
      .required()
      .type_name("ADDRESS[:PORT]");
  command
      .add_option("--spool-of", given->options.spool_of,
                  "Its spool so far was kept under this serial, which was mistyped, and was taken "
                  "out by remove-linac")
      .type_name("SERIAL");
  command.add_option("--seconds", given->seconds, "How long to look at it")
      .capture_default_str()
      .within(0.5, 600.0);
  const auto yes = command.add_flag("--yes", given->options.yes,
                                    "Ask nothing, also if the Linac calls itself something else");
  command.add_flag("--without-check", given->without_check, "Write it without looking at it")
      .excludes(yes);
  command.add_flag("--json", given->options.json, "One JSON object at the end, for scripts");
  command.callback([given, &asked] {
    asked = [given] {
      const auto address = config::parse_address(given->address, config::kIcomPort);
      if (!address) {
        throw std::invalid_argument("--address: " + config::no_linac_address_text(given->address));
      }
      if (config::is_unspecified(*address)) {
        throw std::invalid_argument("--address: '" + given->address +
                                    "' is no machine's own address: name the Linac's");
      }
      given->options.linac.address = *address;
      given->options.check = !given->without_check;
      given->options.look =
          std::chrono::milliseconds(static_cast<std::int64_t>(given->seconds * 1000));
      return add_linac(given->options);
    };
  });
}

}  // namespace icom::supervise
