#include <iostream>
#include <memory>

#include "common/config/gateway_settings.hpp"
#include "common/os/utc_clock.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/registration/revoke.hpp"

namespace icom::cli {

namespace {

constexpr const char* kRevokeText =
    "Shuts a site out: its key, its token and its enrolment file are void from now on, its SSH "
    "connections are ended, forwards and all, and the running gateway takes nothing more of it. "
    "What is stored stays, and so does the site's file: `add-site NAME --again` lets the site "
    "enrol "
    "anew. Run it as root: sshd's processes are root's to end.\n\n"
    "Exit codes: 0 done, 1 something is left to do, which is said, 2 wrong usage or settings.";

struct RevokeGiven {
  std::filesystem::path config;
  std::string site;
};

int revoke_site(const RevokeGiven& given) {
  const auto places = registration::places_of(settings_to_change(given.config));
  const auto revoked = registration::revoke(places, given.site, os::utc_now_seconds());
  if (revoked.problems.empty()) {
    std::cout << "site " << given.site
              << " is revoked: its key, its token and its enrolment file are void; ";
  } else {
    std::cout << "site " << given.site
              << " is NOT wholly revoked: mend what follows and revoke it again; ";
  }
  std::cout << revoked.sessions.ended << " SSH connections ended\n";
  for (const std::string& problem : revoked.problems) std::cerr << problem << '\n';
  for (const std::string& left : revoked.sessions.left) std::cerr << left << '\n';
  if (revoked.by_hand) {
    std::cerr << "its key was not made known by enrolling: remove it from wherever it was written "
                 "(authorized_keys), and restart sshd to end its connections\n";
  }
  end_standard_output();
  const bool all_done =
      revoked.problems.empty() && revoked.sessions.left.empty() && !revoked.by_hand;
  return all_done ? kDone : kFailed;
}

}  // namespace

void add_revoke(const Command& app, Action& asked) {
  auto given = std::make_shared<RevokeGiven>();
  const auto command = app.add_subcommand("revoke", kRevokeText);
  add_config_option(command, given->config);
  command.add_option("NAME", given->site, "the site").required();
  command.callback([given, &asked] { asked = [given] { return revoke_site(*given); }; });
}

}  // namespace icom::cli
