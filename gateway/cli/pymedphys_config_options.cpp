#include <iostream>
#include <memory>

#include "common/config/gateway_settings.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/users.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/cli/pymedphys_config.hpp"

namespace icom::cli {

void add_pymedphys_config(const Command& app, Action& asked) {
  struct Given {
    std::filesystem::path config;
    std::string archive;
    PyMedPhysConfigOptions options;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand(
      "pymedphys-config",
      "Write our part of PyMedPhys' config.toml: sites, Linacs with their addresses, folders of "
      "the "
      "archive. Everything else in it stays as it is, comments included; the difference is shown "
      "first, and a backup is made");
  add_config_option(command, given->config);
  command.add_option("--into", given->options.file, "PyMedPhys' settings; made if not there")
      .required()
      .type_name("FILE");
  command
      .add_option("--archive", given->archive,
                  "the archive's folder as PyMedPhys' machine sees it, such as S:\\Physics\\iCom; "
                  "archive.directory unless given")
      .type_name("DIR");
  const auto dry_run =
      command.add_flag("--dry-run", given->options.dry_run, "show the difference, write nothing");
  command.add_flag("--yes", given->options.yes, "ask nothing").excludes(dry_run);
  command.callback([given, &asked] {
    asked = [given] {
      const auto ours = pymedphys::pymedphys_settings(config::load_gateway(given->config),
                                                      given_text(given->archive));
      os::become_owner_of(os::folder_of(given->options.file));
      const bool done = write_pymedphys_config(ours, given->options, std::cout);
      end_standard_output();
      return done ? kDone : kFailed;
    };
  });
}

}  // namespace icom::cli
