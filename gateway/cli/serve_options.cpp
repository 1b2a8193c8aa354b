#include "gateway/serve/serve.hpp"

#include <memory>

#include "gateway/cli/commands.hpp"
#include "gateway/serve/check.hpp"

namespace icom::cli {

void add_serve(const Command& app, Action& asked) {
  auto config = std::make_shared<std::filesystem::path>();
  const auto command = app.add_subcommand(
      "serve",
      "Run the gateway until SIGTERM or SIGINT; changed settings are taken meanwhile, and at a "
      "SIGHUP");
  add_config_option(command, *config);
  command.callback([config, &asked] { asked = [config] { return serve::run_serve(*config); }; });
}

void add_check(const Command& app, Action& asked) {
  struct Given {
    std::filesystem::path config;
    std::string user;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand(
      "check",
      "Check every setting, file, key and directory without starting, as the gateway's "
      "account would find them");
  add_config_option(command, given->config);
  command
      .add_option("--user", given->user,
                  "the account that the gateway runs as; unless given that of the gateway that "
                  "runs, else User= of icom-gateway.service, else the owner of the store")
      .type_name("NAME");
  command.callback([given, &asked] {
    asked = [given] { return serve::run_check(given->config, given->user); };
  });
}

}  // namespace icom::cli
