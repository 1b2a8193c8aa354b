#include <iostream>
#include <memory>

#include "agent/enrol/gateway_calls.hpp"
#include "agent/enrol/rotation.hpp"
#include "agent/supervise/commands.hpp"
#include "agent/supervise/said_step.hpp"
#include "common/config/config_error.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/users.hpp"
#include "common/os/way_owner.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kRotateText =
    "Renews the site's key and token: makes a new key, has the gateway take it and give a new "
    "token beside those in use, tries both, puts them in place, and has the gateway forget the old "
    "ones. Frames flow all the while; a forwarder that runs takes the new ones at its next "
    "connection. May be run again if it was cut off.\n\n"
    "Exit codes: 0 done, 1 something is in the way (what is in use then is as good as before, "
    "which is for nothing once the site was revoked), 2 wrong usage or settings.";

int run_rotation(const std::filesystem::path& site_file) {
  const auto site = config::load_site(site_file);
  try {
    os::require_same_hands(site_file, {site.tunnel.key, site.tunnel.token_file});
    os::become_owner_of(os::folder_of(site.tunnel.key));
    enrol::rotate(site, enrol::real_surroundings(say_step));
  } catch (const config::ConfigError&) {
    throw;
  } catch (const std::exception& error) {
    std::cerr << "FAIL  " << error.what() << '\n';
    return kFailed;
  }
  return kDone;
}

}  // namespace

void add_rotate(const cli::Command& app, Action& asked) {
  auto site_file = std::make_shared<std::filesystem::path>();
  const auto command = app.add_subcommand("rotate", kRotateText);
  add_site_option(command, *site_file);
  command.callback(
      [site_file, &asked] { asked = [site_file] { return run_rotation(*site_file); }; });
}

}  // namespace icom::supervise
