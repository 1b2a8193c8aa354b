#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/supervise/commands.hpp"
#include "agent/supervise/lost_site.hpp"
#include "agent/supervise/running_site.hpp"
#include "agent/supervise/site_state_text.hpp"
#include "common/config/config_error.hpp"
#include "common/config/site_settings.hpp"
#include "common/os/utc_clock.hpp"
#include "common/os/utc_text.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kStatusText =
    "Shows how a site's listeners and forwarder are, from the files that they keep in the spool "
    "directory: for each Linac since when it is connected, frames received since the listener "
    "started, the age of the last one, gaps in the counter, what waits to be forwarded, and "
    "whether "
    "the gateway takes it; and what is wrong, with what to do. Programs that run and are older "
    "than this one are noted, which is no fault. Needs neither network nor the programs.\n\n"
    "Where the site's file has an error, or is gone, what is shown is what the running icom-agent "
    "run works with.\n\n"
    "Exit codes: 0 all is well, 1 something is not, 2 wrong usage or settings.";

constexpr const char* kNotToBeRestarted =
    " until the file is right; then it takes them by itself. It must not be restarted before that: "
    "it would not start";

/// For whoever has broken the site's file: whether Linacs are recorded all the same.
std::string what_goes_on_beside(const std::optional<RunningSite>& running) {
  if (!running) {
    return "what runs goes on with the settings of before; what does not run is not started before "
           "the file is right";
  }
  const auto& agent = running->agent;
  return "recording goes on: icom-agent run (process " + std::to_string(agent.pid) +
         ") works with the settings of before" +
         (agent.settings_us == 0
              ? std::string()
              : ", read at " + os::utc_text(agent.settings_us / 1'000'000) + ",") +
         kNotToBeRestarted;
}

int say(const SiteState& state, bool json) {
  std::cout << (json ? to_json(state) : to_table(state));
  return state.problems.empty() ? kDone : kFailed;
}

/// Of what runs. For a site without Linacs, or whose settings are not kept, there is none.
int show_table_beside(const std::optional<RunningSite>& running, std::string problem, bool json) {
  if (!running || running->settings.linacs.empty()) return kWrongUsage;
  auto state = look_at_site(running->settings, os::utc_now_us(), ICOM_VERSION);
  state.problems.insert(state.problems.begin(), std::move(problem));
  say(state, json);
  return kWrongUsage;
}

std::string what_goes_on_without_file(const LostSite& lost) {
  if (lost.running) return what_goes_on_beside(lost.running);
  if (!lost.any_runs) return "none of the site's programs runs: nothing is recorded here";
  return "no icom-agent run runs, and none starts before the file is there; the programs that it "
         "has left in " +
         lost.spool.string() + " go on, and none that ends is started again";
}

int show_status_without_file(const LostSite& lost, const std::filesystem::path& site_file,
                             bool json) {
  const auto is_gone = text_of(lost, site_file);
  const auto goes_on = what_goes_on_without_file(lost);
  std::cerr << is_gone << '\n' << goes_on << '\n';
  return show_table_beside(lost.running, is_gone + "; " + goes_on, json);
}

/// What can be told is how that runs which was started before.
int show_status_beside(const std::filesystem::path& site_file, const config::ConfigError& error,
                       bool json) {
  auto& files = os::real_file_system();
  if (const auto lost = find_lost_site(files, site_file, usual_spool_of(site_file))) {
    return show_status_without_file(*lost, site_file, json);
  }
  const auto running = find_running_site(files, site_file);
  const auto goes_on = what_goes_on_beside(running);
  std::cerr << error.what() << '\n' << goes_on << '\n';
  return show_table_beside(
      running, "the site's file has an error (" + error.first().text() + "): " + goes_on, json);
}

int show_status(const std::filesystem::path& site_file, bool json) {
  try {
    return say(look_at_site(config::load_site(site_file), os::utc_now_us(), ICOM_VERSION), json);
  } catch (const config::ConfigError& error) {
    return show_status_beside(site_file, error, json);
  }
}

}  // namespace

void add_status(const cli::Command& app, Action& asked) {
  struct Given {
    std::filesystem::path site_file;
    bool json = false;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand("status", kStatusText);
  add_site_option(command, given->site_file);
  command.add_flag("--json", given->json, "One JSON object, for scripts");
  command.callback(
      [given, &asked] { asked = [given] { return show_status(given->site_file, given->json); }; });
}

}  // namespace icom::supervise
