#include "gateway/serve/check.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"
#include "common/fanout/guest_list.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/limited_thread.hpp"
#include "gateway/registration/places.hpp"
#include "gateway/registration/site_access.hpp"
#include "gateway/registration/site_book.hpp"
#include "gateway/serve/archive_check.hpp"
#include "gateway/serve/check_report.hpp"
#include "gateway/serve/folder_check.hpp"
#include "gateway/serve/forward_check.hpp"
#include "gateway/serve/gateway_unit.hpp"
#include "gateway/serve/ingest_port_check.hpp"
#include "gateway/serve/known_stores.hpp"
#include "gateway/serve/readers_check.hpp"
#include "gateway/serve/running_gateway.hpp"
#include "gateway/serve/sshd_check.hpp"
#include "gateway/serve/way_in_check.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

/// What a disk, or a directory service, that works may take to answer.
constexpr std::chrono::seconds kAnswerTime{5};

/// The store makes its own folder, in one that must be there.
void check_store(CheckReport& report, const fs::path& config,
                 const config::GatewaySettings& settings) {
  const fs::path& folder = settings.store;
  const FolderState state = look_at_folder(folder, {}, kAnswerTime);
  if (const std::string lost = state.answers ? lost_store_now(config, settings) : "";
      !lost.empty()) {
    report.line(false, "store " + folder.string(), lost);
    return;
  }
  if (state.exists || !state.answers) {
    if (report_folder(report, "store", folder, "", state) && state.all_may_write) {
      report.line(false, "store " + folder.string(),
                  "every account of this machine can change it: chmod o-rwx");
    }
    return;
  }
  const fs::path parent = os::folder_of(folder);
  report_folder(report, "store's parent", parent, "make it, owned by icom-gateway's account",
                look_at_folder(parent, {}, kAnswerTime));
}

/// Linacs under which frames of another machine may be on record. None also if there is no store
/// yet, or one that `serve` has to bring up to date, which is no fault, or one that does not
/// answer, which is said elsewhere.
std::vector<store::OddMachine> odd_machines(const fs::path& store) {
  using Machines = std::vector<store::OddMachine>;
  const auto machines = os::answer_within<Machines>(kAnswerTime, "check", [store]() noexcept {
    try {
      return store::StoreReader(store).odd_machines();
    } catch (const std::runtime_error&) {
      return Machines();
    }
  });
  return machines.value_or(Machines());
}

void check_machine_ids(CheckReport& report, const config::GatewaySettings& settings) {
  for (const auto& [linac, problem] : odd_machines(settings.store)) {
    report.note("Linac " + linac.serial + " of " + linac.site, problem);
  }
}

void check_tokens(CheckReport& report, const config::GatewaySettings& settings) {
  const registration::Places places = registration::places_of(settings);
  for (const config::SiteSettings& site : settings.sites) {
    const std::string what = "token of " + site.site;
    const registration::SiteAccess access = registration::read_access(places, site.site);
    if (!access.revoked.empty()) {
      report.note(what, "the site is revoked since " + access.revoked + ", and refused");
    } else if (!access.machine_fault.empty()) {
      report.line(false, what, access.machine_fault + ": look at this machine");
    } else if (access.problems.empty()) {
      report.line(true, what, places.token(site.site).string());
    } else {
      for (const config::Problem& problem : access.problems) {
        report.line(false, what, problem.text());
      }
    }
  }
}

/// A site that was added and not revoked, and whose file somebody took away; or the other way
/// round.
void check_registration(CheckReport& report, const config::GatewaySettings& settings) {
  const registration::Places places = registration::places_of(settings);
  const auto has_file = [&settings](const std::string& name) {
    return std::ranges::find(settings.sites, name, &config::SiteSettings::site) !=
               settings.sites.end() ||
           std::ranges::find(settings.broken_sites, name, &config::BrokenSite::site) !=
               settings.broken_sites.end();
  };
  try {
    const registration::SiteBook book(places.registration);
    for (const config::SiteSettings& site : settings.sites) {
      if (!settings.tunnel || book.has(site.site)) continue;
      report.note("site " + site.site,
                  places.registration.string() +
                      " has no key of it: sshd lets it in only where its key is in authorized_keys "
                      "by hand. If that folder was removed, put it back; otherwise icom-gateway "
                      "add-site " +
                      site.site + " --again");
    }
    for (const std::string& name : book.sites()) {
      if (has_file(name) || !registration::read_access(places, name).revoked.empty()) continue;
      report.line(false, "site " + name,
                  places.site_file(name).string() +
                      " is not there, though the site was added and not revoked: nothing of it is "
                      "taken. Put the file back; or, if the site is to send no more, icom-gateway "
                      "revoke " +
                      name);
    }
  } catch (const registration::RegistrationError& error) {
    report.line(false, "registration", error.what());
  }
}

/// Whoever can change them can have the gateway run with his.
void check_settings_file(CheckReport& report, const fs::path& config) {
  std::error_code unknown;
  const fs::perms mode = fs::status(config, unknown).permissions();
  if (unknown || (mode & fs::perms::others_write) == fs::perms::none) return;
  report.line(false, "settings " + config.string(),
              "every account of this machine can change it: chmod o-w " + config.string());
}

/// Of `fan_out.users`: those that the machine's directory service says that it does not have.
std::vector<std::string> missing_accounts(const std::vector<std::string>& users) {
  using Names = std::vector<std::string>;
  const Names names = fanout::GuestList::names_in(users);
  return os::answer_within<Names>(kAnswerTime, "check",
                                  [names]() noexcept {
                                    Names missing;
                                    for (const std::string& name : names) {
                                      try {
                                        if (!os::user_id(name)) missing.push_back(name);
                                      } catch (const std::system_error&) {  // it does not say
                                      }
                                    }
                                    return missing;
                                  })
      .value_or(Names());
}

/// Its ports may be in use by the gateway that runs, and nothing says whose they are; a gateway
/// that cannot have one says so, and serves all else.
void check_fan_out(CheckReport& report, const config::GatewaySettings& settings) {
  std::string users = "root and the gateway's own";
  for (const std::string& user : settings.fan_out.users) users += ", " + user;
  if (!settings.fan_out.ports.empty()) {
    report.note("fan-out",
                "of this machine's accounts for " + users + "; others are refused: fan_out.users");
  }
  for (const std::string& name : missing_accounts(settings.fan_out.users)) {
    report.line(false, "fan-out",
                "this machine has no account " + name + ": correct fan_out.users, or make it");
  }
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

/// Whose the store is. nullopt if there is none yet, or it does not answer.
std::optional<os::UserId> stores_owner(const fs::path& store) {
  using Owner = std::optional<os::UserId>;
  return os::answer_within<Owner>(kAnswerTime, "check",
                                  [store]() noexcept { return os::owner_of(store); })
      .value_or(std::nullopt);
}

/// ` of account icom-gateway`; nothing where the directory service does not answer.
std::string whose(std::int64_t process) {
  using Name = std::optional<std::string>;
  const auto name = os::answer_within<Name>(kAnswerTime, "check", [process]() noexcept -> Name {
                      try {
                        const auto account = os::account_of_process(process);
                        return account ? Name(account->name) : std::nullopt;
                      } catch (const std::exception&) {
                        return std::nullopt;
                      }
                    }).value_or(std::nullopt);
  return name ? " of account " + *name : "";
}

struct Running {
  std::optional<std::int64_t> process{};
  bool has_store = true;
};

/// By the store's lock, since systemd may hold the port while it is down; where nobody holds that,
/// by its command line. One that begins has its store in a moment.
Running look_for_gateway(const fs::path& config, const fs::path& store) noexcept {
  constexpr std::chrono::seconds kBegins{1};
  Running running;
  for (const bool again : {false, true}) {
    if (again) std::this_thread::sleep_for(kBegins);
    const auto holder = gateways_process(store);
    const auto process = holder ? holder : started_gateway(config);
    // One that somebody else started may have another store: its settings have changed since.
    running = {process, !process || serve::has_store(*process, store).value_or(holder.has_value())};
    if (running.has_store) break;
  }
  return running;
}

/// nullopt if that cannot be told.
std::optional<bool> check_whether_it_runs(CheckReport& report, const fs::path& config,
                                          const config::GatewaySettings& settings) {
  const auto running = os::answer_within<Running>(
      kAnswerTime, "check",
      [config, store = settings.store]() noexcept { return look_for_gateway(config, store); });
  if (!running) {
    report.note("gateway", "whether it runs cannot be told: the disk of " +
                               settings.store.string() + " does not answer");
    return std::nullopt;
  }
  const auto process = running->process;
  if (process && !running->has_store) {
    report.line(false, "gateway", without_store_text(*process, settings.store));
  } else if (process) {
    report.line(true, "gateway", "runs: process " + std::to_string(*process) + whose(*process));
  } else {
    report.note("gateway",
                "does not run: nobody holds the lock of the store. systemctl start icom-gateway "
                "starts it");
  }
  return process.has_value();
}

/// Its sockets are the gateway's with these settings, and no other's.
bool has_sockets_passed(const fs::path& config) {
  const auto units = unit_folders();
  return unit_starts_gateway_with(config, units) && unit_has_its_socket_passed(units);
}

void check_ingest(CheckReport& report, const fs::path& config,
                  const config::GatewaySettings& settings, const ServiceAccount& service,
                  std::optional<bool> runs) {
  check_ingest_reach(report, settings.ingest);
  auto account = stores_owner(settings.store);
  if (!account && service.account) account = service.account->user;
  const IngestPortState ingest =
      check_ingest_port(settings.ingest, {account, runs, has_sockets_passed(config)});
  const std::string named = "ingest " + settings.ingest.text();
  if (ingest.certain) {
    report.line(ingest.usable, named, ingest.text);
  } else {
    report.note(named, ingest.text);
  }
}

/// What the gateway's account, and nobody else, can say of its files. Whether the gateway runs.
std::optional<bool> check_as_service(CheckReport& report, const fs::path& config,
                                     const config::GatewaySettings& settings) {
  check_tokens(report, settings);
  check_registration(report, settings);
  check_store(report, config, settings);
  check_machine_ids(report, settings);
  if (settings.archive) {
    check_archive(report, settings);
    check_shared_names(report, settings);
  }
  check_readers(report, settings);
  return check_whether_it_runs(report, config, settings);
}

void leave_to_service(CheckReport& report, const config::GatewaySettings& settings) {
  for (const config::SiteSettings& site : settings.sites) {
    report.leave_out("token of " + site.site);
  }
  report.leave_out("store " + settings.store.string());
  if (settings.archive) report.leave_out("archive " + settings.archive->directory.string());
  report.leave_out("readers");
  report.leave_out("whether the gateway runs");
}

void check_machine(CheckReport& report, const fs::path& config,
                   const config::GatewaySettings& settings, const ServiceAccount& service,
                   bool is_service) {
  for (const config::SiteSettings& site : settings.sites) {
    std::string serials;
    for (const config::LinacSettings& linac : site.linacs) {
      serials += (serials.empty() ? "" : ", ") + linac.serial;
    }
    report.line(true, "site " + site.site, "Linacs " + serials);
  }
  std::optional<bool> runs;
  if (is_service) {
    runs = check_as_service(report, config, settings);
  } else {
    leave_to_service(report, settings);
  }
  if (!settings.archive) report.note("archive", "not set: no files for PyMedPhys");
  check_ingest(report, config, settings, service, runs);
  check_tunnel_end(report, settings);
  check_forwards(report, settings);
  check_fan_out(report, settings);
  if (settings.http) report.note("http " + settings.http->text(), "this version serves no page");
}

/// Whose rights what follows has. True if they are the gateway's, as far as anybody says.
bool check_account(CheckReport& report, const ServiceAccount& service) {
  const bool is_root = os::own_user() == 0;
  const std::string roots =
      "what follows has root's rights, and the gateway's account may have less: --user NAME says "
      "which it is";
  if (!service.problem.empty()) report.line(false, "account", service.problem);
  if (!service.account) {
    if (is_root && service.problem.empty()) {
      report.note("account", "nothing says as which the gateway runs: " + roots);
    }
    return is_root;
  }
  if (service.account->user != os::own_user()) return false;
  if (service.by.empty()) return true;
  if (is_root) {
    report.note("account", "root, by " + service.by + ": " + roots);
  } else {
    report.line(true, "account " + service.account->name,
                "what follows has its rights and no more (" + service.by + ")");
  }
  return true;
}

/// What the gateway's account cannot say. Settings that cannot be read are said by the rest.
int check_as_root(const fs::path& config, std::ostream& out) {
  CheckReport report(out);
  try {
    check_sshd(report, config::load_usable_gateway(config));
  } catch (const config::ConfigError&) {
    return 0;
  }
  report.say_left_out("account " + os::user_name_within(std::chrono::seconds(2), os::own_user()) +
                      " is not root, who alone can ask sshd: run this as root");
  return report.failures() == 0 ? 0 : 2;
}

}  // namespace

int check(const fs::path& config, std::ostream& out, const ServiceAccount& service) {
  CheckReport report(out);
  const bool is_service = check_account(report, service);
  try {
    const config::GatewaySettings settings = config::load_gateway(config);
    report.line(true, "settings", config.string());
    check_settings_file(report, config);
    check_machine(report, config, settings, service, is_service);
  } catch (const config::ConfigError& error) {
    for (const config::Problem& problem : error.problems()) {
      report.line(false, "settings", problem.text());
    }
    if (!is_service) report.leave_out("what the settings name");
  }
  report.say_left_out("account " + os::user_name_within(std::chrono::seconds(2), os::own_user()) +
                      " is neither root nor " +
                      (service.account ? service.account->name + ", as which the gateway runs"
                                       : "the one as which the gateway runs") +
                      ": run this as one of them");
  return report.failures() == 0 ? 0 : 2;
}

int check(const fs::path& config, std::ostream& out) {
  return check(config, out, {os::own_account(), "", ""});
}

int run_check(const fs::path& config, const std::string& user) {
  const ServiceAccount service = service_account(config, user);
  const auto all = [&] { return check(config, std::cout, service); };
  const bool is_another = service.account && service.account->user != os::own_user();
  const int found = is_another && os::own_user() == 0 ? os::run_as(*service.account, all) : all();
  return std::max(found, check_as_root(config, std::cout));
}

}  // namespace icom::serve
