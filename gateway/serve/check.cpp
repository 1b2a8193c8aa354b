#include "gateway/serve/check.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <ostream>
#include <string>
#include <system_error>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"
#include "gateway/registration/site_access.hpp"
#include "gateway/serve/ingest_port_check.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

/// The list being printed.
class Report {
 public:
  explicit Report(std::ostream& out) : out_(out) {}
  void line(bool ok, const std::string& what, const std::string& how) {
    out_ << (ok ? "ok    " : "FAIL  ") << what << ": " << how << '\n';
    failures_ += ok ? 0 : 1;
  }
  void note(const std::string& what, const std::string& how) {
    out_ << "note  " << what << ": " << how << '\n';
  }
  [[nodiscard]] int failures() const { return failures_; }

 private:
  std::ostream& out_;
  int failures_ = 0;
};

/// Whether a file can be made in `folder`; leaves nothing behind.
bool is_writable(const fs::path& folder) {
  const fs::path probe = folder / ".icom-gateway-check";
  std::ofstream file(probe, std::ios::trunc);
  const bool made = file.is_open();
  file << "probe\n";
  file.close();
  std::error_code ignored;
  fs::remove(probe, ignored);
  return made && !file.fail();
}

std::string free_space(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return error ? "free space not known" : std::to_string(space.available >> 30U) + " GiB free";
}

void check_folder(Report& report, const std::string& what, const fs::path& folder,
                  const std::string& where_absent) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  const std::string named = what + ' ' + folder.string();
  if (!fs::exists(status)) {
    report.line(false, named, "is not there: " + where_absent);
  } else if (!fs::is_directory(status)) {
    report.line(false, named, "is no folder");
  } else if (!is_writable(folder)) {
    report.line(false, named, "cannot be written by this account: give it the right to");
  } else {
    report.line(true, named, "can be written, " + free_space(folder));
  }
}

/// The store makes its own folder, in one that must be there.
void check_store(Report& report, const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) {
    check_folder(report, "store", folder, "");
    return;
  }
  const fs::path parent = folder.parent_path().empty() ? fs::path(".") : folder.parent_path();
  check_folder(report, "store's parent", parent, "make it, owned by icom-gateway's account");
}

void check_tokens(Report& report, const config::GatewaySettings& settings) {
  const registration::Places places = registration::places_of(settings);
  for (const config::SiteSettings& site : settings.sites) {
    const std::string what = "token of " + site.site;
    const registration::SiteAccess access = registration::read_access(places, site.site);
    if (!access.revoked.empty()) {
      report.note(what, "the site is revoked since " + access.revoked + ", and refused");
    } else if (access.problems.empty()) {
      report.line(true, what, places.token(site.site).string());
    } else {
      for (const config::Problem& problem : access.problems) {
        report.line(false, what, problem.text());
      }
    }
  }
}

/// Its ports may be in use by the gateway that runs, and nothing tells whose they are; a gateway
/// that cannot have one says so, and serves all else.
void check_fan_out(Report& report, const config::GatewaySettings& settings) {
  for (const config::FanOutPort& port : settings.fan_out.ports) {
    const bool known = std::ranges::any_of(settings.sites, [&port](const auto& site) {
      return std::ranges::find(site.linacs, port.serial, &config::LinacSettings::serial) !=
             site.linacs.end();
    });
    report.note("fan-out of Linac " + port.serial,
                known ? "on " + port.listen.text()
                      : "no site has it: " + port.listen.text() + " is silent until one has");
  }
}

void check_machine(Report& report, const config::GatewaySettings& settings) {
  for (const config::SiteSettings& site : settings.sites) {
    std::string serials;
    for (const config::LinacSettings& linac : site.linacs) {
      serials += (serials.empty() ? "" : ", ") + linac.serial;
    }
    report.line(true, "site " + site.site, "Linacs " + serials);
  }
  check_tokens(report, settings);
  check_store(report, settings.store);
  if (settings.archive) {
    check_folder(report, "archive", settings.archive->directory,
                 "make it, or mount the share that holds it");
  } else {
    report.note("archive", "not set: no files for PyMedPhys");
  }
  const IngestPortState ingest = check_ingest_port(settings.ingest);
  report.line(ingest.usable, "ingest " + settings.ingest.text(), ingest.text);
  check_fan_out(report, settings);
  if (settings.http) report.note("http " + settings.http->text(), "this version serves no page");
}

}  // namespace

int check(const fs::path& config, std::ostream& out) {
  Report report(out);
  try {
    const config::GatewaySettings settings = config::load_gateway(config);
    report.line(true, "settings", config.string());
    check_machine(report, settings);
  } catch (const config::ConfigError& error) {
    for (const config::Problem& problem : error.problems()) {
      report.line(false, "settings", problem.text());
    }
  }
  return report.failures() == 0 ? 0 : 2;
}

int run_check(const fs::path& config) {
  return check(config, std::cout);
}

}  // namespace icom::serve
