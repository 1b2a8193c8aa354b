#include "gateway/cli/approval.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>

#include "common/config/address.hpp"
#include "common/config/name.hpp"
#include "common/config/site_file_edit.hpp"
#include "common/os/file_system.hpp"
#include "common/os/users.hpp"
#include "common/os/utc_text.hpp"
#include "common/text/control.hpp"
#include "gateway/cli/text_table.hpp"

namespace icom::cli {

namespace {

const config::SiteSettings* owner_of(const config::GatewaySettings& settings,
                                     const std::string& serial) {
  const auto has_it = [&serial](const config::SiteSettings& site) {
    return std::ranges::find(site.linacs, serial, &config::LinacSettings::serial) !=
           site.linacs.end();
  };
  const auto found = std::ranges::find_if(settings.sites, has_it);
  return found == settings.sites.end() ? nullptr : &*found;
}

std::string time_text(std::int64_t us) {
  constexpr std::int64_t kMicroseconds = 1'000'000;
  return os::utc_text(us / kMicroseconds);
}

/// Those that are nobody's. One that was written into a site's file by hand needs nothing any more.
std::vector<pending::PendingLinac> unregistered(const config::GatewaySettings& settings,
                                                std::vector<pending::PendingLinac> linacs) {
  std::erase_if(linacs, [&settings](const pending::PendingLinac& linac) {
    return owner_of(settings, linac.serial) != nullptr;
  });
  return linacs;
}

/// What keeps Linacs of a site from being known here: a running gateway turns the agent of a site
/// away whose file has an error, unless it has read the file before that.
std::vector<std::string> told_of_broken_sites(const config::GatewaySettings& settings) {
  std::vector<std::string> texts;
  for (const config::BrokenSite& broken : settings.broken_sites) {
    const bool is_refused = broken.state == config::BrokenSite::State::refused;
    for (const config::Problem& problem : broken.problems) {
      texts.push_back("site " + broken.site + ": its file has an error" +
                      (is_refused ? ", so Linacs of it that wait may be missing here, and none can "
                                    "be approved"
                                  : "") +
                      ": " + problem.text() + "; correct that (icom-gateway check looks again)");
    }
  }
  return texts;
}

bool is_site(const config::GatewaySettings& settings, const std::string& name) {
  std::error_code unknown;
  return config::parse_name(name) &&
         std::filesystem::exists(settings.sites_folder / (name + ".yaml"), unknown);
}

constexpr const char* kHowToList = "icom-gateway pending lists those that do";

std::string why_it_does_not(const config::GatewaySettings& settings, const std::string& site,
                            const std::string& serial) {
  if (is_site(settings, site)) return kHowToList;
  return is_site(settings, serial) ? "first the site, then the Linac: " + serial + ' ' + site
                                   : "there is no site of this name";
}

[[noreturn]] void does_not_wait(const std::string& site, const std::string& serial,
                                const std::string& why) {
  throw std::invalid_argument("no Linac " + serial + " of site " + site +
                              " waits for approval: " + why);
}

}  // namespace

std::size_t list_pending(const config::GatewaySettings& settings,
                         const pending::PendingLinacs& pending, bool json, std::ostream& out,
                         std::ostream& errors) {
  std::vector<std::string> problems = told_of_broken_sites(settings);
  const auto linacs = unregistered(settings, pending.list(problems));
  for (const std::string& problem : problems) {
    errors << text::lines_without_controls(problem) << '\n';
  }
  if (json) {
    for (const pending::PendingLinac& linac : linacs) {
      const nlohmann::ordered_json one{{"site", linac.site},
                                       {"linac", linac.serial},
                                       {"address", linac.address},
                                       {"first_seen_us", linac.first_seen_us},
                                       {"last_seen_us", linac.last_seen_us},
                                       {"rejected", linac.rejected}};
      out << one.dump() << '\n';
    }
    return problems.size();
  }
  if (linacs.empty()) {
    out << (problems.empty() ? "no Linac waits for approval\n"
                             : "no Linac that is known here waits for approval\n");
    return problems.size();
  }
  TextTable table({{"SITE"}, {"LINAC"}, {"ADDRESS"}, {"FIRST SEEN"}, {"LAST SEEN"}, {"STATE"}});
  for (const pending::PendingLinac& linac : linacs) {
    table.add({linac.site, linac.serial, linac.address, time_text(linac.first_seen_us),
               time_text(linac.last_seen_us), linac.rejected ? "rejected" : "waits"});
  }
  table.print(out);
  return problems.size();
}

void approve(const config::GatewaySettings& settings, pending::PendingLinacs& pending,
             const std::string& site, const std::string& serial, std::ostream& out) {
  if (const auto* owner = owner_of(settings, serial)) {
    throw std::invalid_argument("Linac " + serial + " is registered already, for site " +
                                owner->site +
                                (owner->site == site ? ": there is nothing to approve"
                                                     : ": a serial names one Linac of all sites"));
  }
  const auto linacs =
      is_site(settings, site) ? pending.of_site(site) : std::vector<pending::PendingLinac>();
  const auto found = std::ranges::find(linacs, serial, &pending::PendingLinac::serial);
  const auto address =
      found == linacs.end() ? std::nullopt : config::parse_address(found->address, 0);
  if (!address) does_not_wait(site, serial, why_it_does_not(settings, site, serial));
  const auto edit = os::as_owner_of(settings.sites_folder, [&] {
    auto change = config::with_linac(settings.sites_folder / (site + ".yaml"), {serial, *address});
    config::write_edit(change, os::real_file_system());
    return change;
  });
  pending.forget(site, serial);
  out << edit.file.string() << ": Linac " << serial << " at " << address->text()
      << " is written; a running gateway takes it up\n";
}

std::size_t approve_all(const config::GatewaySettings& settings, pending::PendingLinacs& pending,
                        const std::string& site, std::ostream& out, std::ostream& errors) {
  std::size_t failed = 0;
  std::size_t waiting = 0;
  const auto linacs =
      is_site(settings, site) ? pending.of_site(site) : std::vector<pending::PendingLinac>();
  for (const pending::PendingLinac& linac : unregistered(settings, linacs)) {
    if (linac.rejected) continue;
    ++waiting;
    try {
      approve(settings, pending, site, linac.serial, out);
    } catch (const std::exception& error) {
      errors << "Linac " << linac.serial << ": " << error.what() << '\n';
      ++failed;
    }
  }
  if (waiting == 0) out << "no Linac of site " << site << " waits for approval\n";
  return failed;
}

void reject(pending::PendingLinacs& pending, const std::string& site, const std::string& serial,
            std::ostream& out) {
  if (!pending.reject(site, serial)) does_not_wait(site, serial, kHowToList);
  out << "Linac " << serial << " of site " << site
      << " is rejected: its agent is told so, and keeps its spool\n";
}

}  // namespace icom::cli
