#include <iostream>
#include <memory>
#include <vector>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"
#include "common/os/users.hpp"
#include "common/os/utc_clock.hpp"
#include "common/os/utc_text.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/registration/add_site.hpp"
#include "gateway/registration/duration_text.hpp"
#include "gateway/serve/forward_check.hpp"

namespace icom::cli {

namespace {

constexpr const char* kAddSiteText =
    "Adds a site: writes its file (no Linac yet), its token, and one enrolment file to carry to "
    "the site's machine, where `icom-agent enrol` makes the rest. All of it or nothing. Needs "
    "`tunnel` in gateway.yaml; while 'serve' runs too.\n\n"
    "The enrolment file is a secret: whoever has it can enrol as the site, once, until it "
    "expires. With --again it is made anew for a site that is there, and the one before is void; "
    "what the site uses now stays valid until the new file is used.";

struct AddSiteGiven {
  std::filesystem::path config;
  registration::NewSite site;
  std::string expires = "7d";
};

/// The enrolment file is made all the same: the site's other forwards, and its Linacs, need nothing
/// of these.
void say_forward_clashes(const std::filesystem::path& config, const std::filesystem::path& file) {
  std::vector<config::Problem> clashes;
  try {
    clashes = config::forward_clashes(config::load_usable_gateway(config), serve::listen_ground());
  } catch (const config::ConfigError&) {
    return;  // said by whatever reads all sites
  }
  for (const config::Problem& clash : clashes) {
    if (clash.file == file.string()) std::cerr << "icom-gateway: " << clash.text() << '\n';
  }
}

int add_site(const AddSiteGiven& given) {
  registration::NewSite wanted = given.site;
  wanted.valid_for = registration::parse_duration(given.expires).value();
  const auto added =
      registration::add_site(settings_to_change(given.config), wanted, os::utc_now_seconds());
  if (!wanted.again) {
    std::cout << "wrote " << added.site_file.string() << "\nwrote " << added.token.string() << '\n';
  }
  std::cout << "wrote " << added.enrolment_file.string() << ": secret, for one use, until "
            << os::utc_text(added.expires) << '\n';
  if (added.owner) {
    std::cout << "it belongs to account " << os::user_name(*added.owner)
              << ", whose folder it is in: that account can enrol as the site\n";
  }
  std::cout << "Now carry it to the site's machine as you would a key, and run there:\n"
               "  icom-agent enrol "
            << added.enrolment_file.filename().string() << '\n';
  say_forward_clashes(given.config, added.site_file);
  return end_standard_output();
}

std::string check_duration(const std::string& text) {
  return registration::parse_duration(text)
             ? std::string()
             : "'" + text + "' is no duration from 1m to 90d: 30m, 12h or 7d is expected";
}

}  // namespace

void add_add_site(const Command& app, Action& asked) {
  auto given = std::make_shared<AddSiteGiven>();
  const auto command = app.add_subcommand("add-site", kAddSiteText);
  add_config_option(command, given->config);
  command.add_option("NAME", given->site.site, "the site: 1 to 32 letters, digits, - or _")
      .required();
  auto zone = command
                  .add_option("--timezone", given->site.timezone,
                              "where its Linacs' clocks are, such as Australia/Sydney")
                  .type_name("ZONE");
  const auto again = command.add_flag("--again", given->site.again,
                                      "another enrolment file for a site that is there");
  zone.excludes(again);
  command.add_option("--expires", given->expires, "for how long the enrolment file is good")
      .type_name("DURATION")
      .capture_default_str()
      .check(check_duration);
  command
      .add_option("--output", given->site.output,
                  "the enrolment file; NAME.enrol in the current folder unless given")
      .type_name("FILE");
  command.callback([given, &asked] {
    if (!given->site.again && given->site.timezone.empty()) {
      throw UsageError("--timezone is required");
    }
    asked = [given] { return add_site(*given); };
  });
}

}  // namespace icom::cli
