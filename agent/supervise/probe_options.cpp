#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "agent/supervise/commands.hpp"
#include "agent/supervise/probe.hpp"
#include "agent/supervise/who_listens.hpp"
#include "common/config/address.hpp"
#include "common/config/config_error.hpp"
#include "common/config/site_settings.hpp"
#include "common/config/timezone.hpp"
#include "common/text/control.hpp"

namespace icom::supervise {

namespace {

constexpr const char* kProbeText =
    "Connects to a Linac as a listener would, reads for some seconds, and shows whether frames "
    "come, "
    "how many a second, the machine's ID in them, how its length field counts, how its clock "
    "differs "
    "from this machine's, and whether a patient is selected (never which). Leaves with a proper "
    "goodbye.\n\n"
    "A probe is one more client of the Linac, and how many it takes is not known: probe a Linac "
    "that "
    "nobody listens to yet, and not during a treatment. One that a listener of this machine's site "
    "(--site), or any other program of this machine, is connected to is refused.\n\n"
    "Exit codes: 0 frames came, 1 none did, 2 wrong usage.";

/// Of this machine, if an agent was set up here or the file is named. Throws config::ConfigError:
/// listeners may run all the same, with what the file said before.
std::optional<config::SiteSettings> site_of(const std::filesystem::path& site_file,
                                            bool file_is_named) {
  std::error_code unknown;
  const bool is_missing =
      std::filesystem::status(site_file, unknown).type() == std::filesystem::file_type::not_found;
  if (is_missing && !file_is_named) return std::nullopt;
  return config::load_site(site_file);
}

/// Whether the site has a listener for it, or may have one. Says so then.
bool is_ours(const config::Address& linac, const config::SiteSettings& site) {
  boost::asio::io_context io(1);
  const auto why_not = why_not_to_connect(io, linac, site.spool.directory);
  if (!why_not) return false;
  std::cerr << "probe: " << *why_not
            << ". Nobody is to be its second client: icom-agent status shows its stream\n";
  return true;
}

/// Whether any program of this machine has it. Says so then.
bool is_taken(const config::Address& linac) {
  boost::asio::io_context io(1);
  const auto why_not = why_it_is_taken(io, linac);
  if (why_not) std::cerr << "probe: " << *why_not << '\n';
  return why_not.has_value();
}

int probe_linac(const std::string& text, double seconds, const std::string& zone, bool json,
                const std::filesystem::path& site_file, bool file_is_named) {
  const auto linac = config::parse_address(text, config::kIcomPort);
  if (!linac) {
    std::cerr << "probe: " << text::without_controls(config::no_linac_address_text(text)) << '\n';
    return kWrongUsage;
  }
  std::optional<config::SiteSettings> site;
  try {
    site = site_of(site_file, file_is_named);
  } catch (const config::ConfigError& error) {
    std::cerr << "probe: which Linacs are listened to cannot be told, and nobody is to be a second "
                 "client: correct the site's file first, or name another one with --site\n"
              << error.what() << '\n';
    return kFailed;
  }
  if ((site && is_ours(*linac, *site)) || is_taken(*linac)) return kFailed;
  std::cerr << "note: this is one more client of the Linac while it lasts\n";
  const std::string of_linac = !zone.empty() || !site ? zone : site->timezone;
  const auto report =
      probe(*linac, std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)), of_linac);
  if (json) std::cout << to_json(report, *linac);
  if (!report.good()) {
    std::cerr << to_text(report, *linac);
  } else if (!json) {
    std::cout << to_text(report, *linac);
  }
  return report.good() ? kDone : kFailed;
}

}  // namespace

void add_probe(const cli::Command& app, Action& asked) {
  struct Given {
    std::string linac;
    double seconds = 3;
    std::string timezone;
    bool json = false;
    std::filesystem::path site_file;
  };
  auto given = std::make_shared<Given>();
  const auto command = app.add_subcommand("probe", kProbeText);
  command.add_option("linac", given->linac, "The Linac; port 1706 unless given")
      .required()
      .type_name("ADDRESS[:PORT]");
  command.add_option("--seconds", given->seconds, "How long to read")
      .capture_default_str()
      .within(0.5, 600.0);
  command
      .add_option(
          "--timezone", given->timezone,
          "Where the Linac's clock is; unless given, as the site's file says, or where this "
          "machine's is")
      .type_name("ZONE")
      .check([](const std::string& zone) {
        return config::timezone_exists(zone) ? std::string()
                                             : "'" + zone + "' is no time zone of this machine";
      });
  add_site_option(command, given->site_file);
  command.add_flag("--json", given->json, "One JSON object, for scripts");
  command.callback([given, command, &asked] {
    const bool is_named = command.count("--site") > 0;
    asked = [given, is_named] {
      return probe_linac(given->linac, given->seconds, given->timezone, given->json,
                         given->site_file, is_named);
    };
  });
}

}  // namespace icom::supervise
