#include "agent/program/site_program.hpp"

#include <spdlog/spdlog.h>

#include <exception>
#include <iostream>
#include <string>

#include "common/cli/program.hpp"
#include "common/config/config_error.hpp"
#include "common/log/log.hpp"
#include "common/os/process.hpp"

namespace icom::program {

config::SiteSettings SiteOptions::load() const {
  config::SiteSettings settings = config::load_site(file);
  if (!site.empty()) settings.site = site;
  if (!spool.empty()) settings.spool.directory = spool;
  return settings;
}

int run_site_program(const SiteProgram& program, int argc, char** argv) {
  os::ignore_pipe_and_hangup();
  os::may_be_ended_for_memory();  // the listeners are what matters; this one loses nothing
  const cli::Program app(program.description, program.name);
  app.footer(program.footer);
  app.version(std::string(program.name) + " " ICOM_VERSION);
  SiteOptions options;
  std::string level = "info";
  app.add_option("--site", options.file, "The site's settings, such as sites/nbcc.yaml")
      .required()
      .type_name("FILE");
  app.add_option(
         "--site-name", options.site,
         "In the place of the file's site: icom-agent run gives the one that it works with, "
         "whatever the file says meanwhile")
      .type_name("NAME");
  app.add_option("--spool", options.spool, "In the place of the file's spool.directory, likewise")
      .type_name("DIR");
  app.add_option("--heartbeat", options.heartbeat,
                 "Given by icom-agent run alone: the number of an open descriptor, a socket on "
                 "which this program shows each second that it runs")
      .type_name("DESCRIPTOR");
  app.add_option("--log-level", level, "How much to log: " + log::level_names())
      .capture_default_str()
      .type_name("LEVEL");
  if (const auto code = app.parse_or_tell(argc, argv)) return *code;
  const auto parsed_level = log::parse_level(level);
  if (!parsed_level) {
    std::cerr << "--log-level: expected one of " << log::level_names() << '\n';
    return kWrongSettings;
  }
  log::init(program.name, *parsed_level);
  try {
    return program.run(options);
  } catch (const config::ConfigError& error) {
    std::cerr << error.what() << '\n';
    return kWrongSettings;
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
    return kFailed;
  }
}

}  // namespace icom::program
