#include "agent/program/site_program.hpp"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "common/config/config_error.hpp"
#include "common/log/log.hpp"
#include "common/os/process.hpp"

namespace icom::program {

int run_site_program(const SiteProgram& program, int argc, char** argv) {
  os::ignore_pipe_and_hangup();
  CLI::App app(program.description, program.name);
  app.footer(program.footer);
  app.set_version_flag("--version", std::string(program.name) + " " ICOM_VERSION);
  std::string site_file;
  std::string level = "info";
  app.add_option("--site", site_file, "The site's settings, such as sites/nbcc.yaml")
      ->required()
      ->type_name("FILE");
  app.add_option("--log-level", level, "How much to log: " + log::level_names())
      ->capture_default_str()
      ->type_name("LEVEL");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongSettings;
  }
  const auto parsed_level = log::parse_level(level);
  if (!parsed_level) {
    std::cerr << "--log-level: expected one of " << log::level_names() << '\n';
    return kWrongSettings;
  }
  log::init(program.name, *parsed_level);
  try {
    return program.run(site_file);
  } catch (const config::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return kWrongSettings;
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
    return kFailed;
  }
}

}  // namespace icom::program
