#include <iostream>
#include <memory>

#include "common/config/gateway_settings.hpp"
#include "common/os/utc_clock.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/registration/revoke.hpp"

namespace icom::cli {

namespace {

constexpr const char* kReconnectText =
    "Ends a site's SSH connections. Its agent makes new ones at once, in which the site's keys and "
    "forwards are those of now: a forward that was taken out of its file, or a key that was "
    "renewed "
    "or replaced, is good for nothing any more. sshd looks at these only when a connection logs "
    "in. "
    "Connections through the site's forwards are cut, and no frame is lost. Run it as root: sshd's "
    "processes are root's to end.\n\n"
    "Exit codes: 0 done, 1 a connection could not be ended, or there is no such site, 2 wrong "
    "usage "
    "or settings.";

struct ReconnectGiven {
  std::filesystem::path config;
  std::string site;
};

int reconnect_site(const ReconnectGiven& given) {
  const auto places = registration::places_of(settings_to_change(given.config));
  const auto sessions = registration::reconnect(places, given.site, os::utc_now_seconds());
  std::cout << "site " << given.site << ": " << sessions.ended << " SSH connections ended\n";
  for (const std::string& left : sessions.left) std::cerr << left << '\n';
  end_standard_output();
  return sessions.left.empty() ? kDone : kFailed;
}

}  // namespace

void add_reconnect(const Command& app, Action& asked) {
  auto given = std::make_shared<ReconnectGiven>();
  const auto command = app.add_subcommand("reconnect", kReconnectText);
  add_config_option(command, given->config);
  command.add_option("NAME", given->site, "the site").required();
  command.callback([given, &asked] { asked = [given] { return reconnect_site(*given); }; });
}

}  // namespace icom::cli
