#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/site_state_text.hpp"
#include "common/config/config_error.hpp"
#include "common/config/site_settings.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kStatusText =
    "Shows how a site's listeners and forwarder are, from the files that they keep in the spool "
    "directory: for each Linac since when it is connected, frames received since the listener "
    "started, the age of the last one, gaps in the counter, what waits to be forwarded, and "
    "whether "
    "the gateway takes it; and what is wrong, with what to do. Programs that run and are older "
    "than this one are noted, which is no fault. Needs neither network nor the programs.\n\n"
    "Exit codes: 0 all is well, 1 something is not, 2 wrong usage or settings.";

/// For whoever has broken the site's file: whether Linacs are recorded all the same.
std::string what_goes_on_beside(const std::filesystem::path& site_file) {
  const auto spool = config::readable_part_of_site(site_file).spool.directory;
  const auto agent =
      spool.empty() ? std::nullopt : find_running_agent(os::real_file_system(), spool);
  if (agent) {
    return "recording goes on: icom-agent run (process " + std::to_string(agent->pid) +
           ") works with the settings of before until the file is right. It must not be restarted "
           "before that: it would not start";
  }
  return "what runs goes on with the settings of before; what does not run is not started before "
         "the file is right";
}

int show_status(const std::filesystem::path& site_file, bool json) {
  config::SiteSettings site;
  try {
    site = config::load_site(site_file);
  } catch (const config::ConfigError& error) {
    std::cerr << error.what() << '\n' << what_goes_on_beside(site_file) << '\n';
    return kWrongUsage;
  }
  const auto state = look_at_site(site, os::utc_now_us(), ICOM_VERSION);
  std::cout << (json ? to_json(state) : to_table(state));
  return state.problems.empty() ? kDone : kFailed;
}

}  // namespace

void add_status(CLI::App& app, Action& asked) {
  struct Given {
    std::filesystem::path site_file;
    bool json = false;
  };
  auto given = std::make_shared<Given>();
  auto* command = app.add_subcommand("status", kStatusText);
  add_site_option(*command, given->site_file);
  command->add_flag("--json", given->json, "One JSON object, for scripts");
  command->callback(
      [given, &asked] { asked = [given] { return show_status(given->site_file, given->json); }; });
}

}  // namespace icom::supervise
