#include "gateway/serve/serve.hpp"

#include <memory>

#include "gateway/cli/commands.hpp"
#include "gateway/serve/check.hpp"

namespace icom::cli {

namespace {

void add(CLI::App& app, Action& asked, const char* name, const char* what,
         int (*run)(const std::filesystem::path&)) {
  auto config = std::make_shared<std::filesystem::path>();
  auto* command = app.add_subcommand(name, what);
  add_config_option(*command, *config);
  command->callback([config, run, &asked] { asked = [config, run] { return run(*config); }; });
}

}  // namespace

void add_serve(CLI::App& app, Action& asked) {
  add(app, asked, "serve",
      "Run the gateway until SIGTERM or SIGINT; changed settings are taken meanwhile, and at a "
      "SIGHUP",
      serve::run_serve);
}

void add_check(CLI::App& app, Action& asked) {
  add(app, asked, "check", "Check every setting, file, key and directory without starting",
      serve::run_check);
}

}  // namespace icom::cli
