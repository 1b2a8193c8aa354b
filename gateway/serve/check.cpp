#include "gateway/serve/check.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "common/config/config_error.hpp"
#include "common/config/gateway_settings.hpp"
#include "common/fanout/guest_list.hpp"
#include "common/os/file_owner.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/limited_thread.hpp"
#include "gateway/archive/archive_folder.hpp"
#include "gateway/archive/archive_index.hpp"
#include "gateway/archive/unwritten_records.hpp"
#include "gateway/registration/site_access.hpp"
#include "gateway/serve/check_report.hpp"
#include "gateway/serve/folder_check.hpp"
#include "gateway/serve/hosts_of.hpp"
#include "gateway/serve/ingest_port_check.hpp"
#include "gateway/serve/known_stores.hpp"
#include "gateway/serve/readers_check.hpp"
#include "gateway/serve/running_gateway.hpp"
#include "gateway/serve/way_in_check.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

/// What a share that works may take to answer.
constexpr std::chrono::seconds kAnswerTime{5};

/// Whether it can be written in; the report says so.
bool report_folder(CheckReport& report, const std::string& what, const fs::path& folder,
                   const std::string& where_absent, const FolderState& state) {
  const std::string named = what + ' ' + folder.string();
  if (!state.answers) {
    report.line(false, named,
                "does not answer within " + std::to_string(kAnswerTime.count()) +
                    " s: look at the share and its server");
  } else if (!state.exists) {
    report.line(false, named, "is not there: " + where_absent);
  } else if (!state.is_folder) {
    report.line(false, named, "is no folder");
  } else if (state.write_error == std::errc::no_space_on_device) {
    report.line(false, named, "is full, " + state.free_space + ": make room");
  } else if (state.write_error == std::errc::permission_denied) {
    report.line(false, named, "cannot be written by this account: give it the right to");
  } else if (state.write_error) {
    report.line(false, named, "cannot be written: " + state.write_error.message());
  } else {
    if (state.is_nearly_full) {
      report.note(named, "is nearly full, " + state.free_space + ": make room");
    }
    report.line(true, named, "can be written, " + state.free_space);
    return true;
  }
  return false;
}

/// The store makes its own folder, in one that must be there.
void check_store(CheckReport& report, const config::GatewaySettings& settings) {
  const fs::path& folder = settings.store;
  const FolderState state = look_at_folder(folder, {}, kAnswerTime);
  if (const std::string lost = state.answers ? lost_store(settings) : ""; !lost.empty()) {
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

void check_archive(CheckReport& report, const config::GatewaySettings& settings) {
  const fs::path& folder = settings.archive->directory;
  const std::string named = "archive " + folder.string();
  std::set<std::string> sites;
  for (const config::SiteSettings& site : settings.sites) sites.insert(site.site);
  const FolderState state = look_at_folder(
      folder, archive::folders_of_sites(sites, settings.archive->per_site), kAnswerTime);
  if (!report_folder(report, "archive", folder, "make it, or mount the share that holds it",
                     state)) {
    return;
  }
  for (const std::string& name : state.odd) {
    report.line(false, named,
                "its " + name +
                    " is no folder, and no link is followed there: move it away, or let "
                    "archive.directory name the place that it leads to");
  }
  for (const std::string& name : state.unwritable) {
    report.line(false, named,
                "its " + name + " cannot be written by this account: give it the right to");
  }
  if (!state.can_be_synced) {
    report.note(named,
                "this share cannot sync folders: a power cut of its server may take back the last "
                "files, and nobody would write them again");
  }
  if (state.all_may_write) {
    report.note(named, "every account that sees it can change it: patients' records are in it");
  }
}

/// Patient IDs with a `_`. 0 also if there is no store yet, or one that `serve` has to bring up to
/// date, which is no fault, or one that does not answer, which is said elsewhere.
std::int64_t odd_patient_ids(const fs::path& store) {
  const auto ids = os::answer_within<std::int64_t>(kAnswerTime, "check", [store]() noexcept {
    try {
      return store::StoreReader(store).patient_ids_with("_");
    } catch (const std::runtime_error&) {
      return std::int64_t{0};
    }
  });
  return ids.value_or(0);
}

/// By site: records whose file is not there yet, or not as they are now. None in the same cases.
std::map<std::string, std::size_t> records_without_file(const fs::path& store) {
  using Counts = std::map<std::string, std::size_t>;
  const auto counts = os::answer_within<Counts>(kAnswerTime, "check", [store]() noexcept {
    Counts sites;
    try {
      store::StoreReader reader(store);
      auto index = archive::ArchiveIndex::open_for_reading(store);
      if (!index) return sites;
      archive::visit_unwritten_records(reader, *index,
                                       [&sites](const auto& record) { ++sites[record.site]; });
    } catch (const std::runtime_error&) {
      sites.clear();
    }
    return sites;
  });
  return counts.value_or(Counts());
}

/// Linacs under which frames of another machine may be on record. None in the same cases.
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

/// What PyMedPhys cannot tell apart in one tree.
void check_shared_names(CheckReport& report, const config::GatewaySettings& settings) {
  const std::string named = "archive " + settings.archive->directory.string();
  if (settings.archive->live && !settings.archive->per_site) {
    for (const auto& [address, sites] : archive::shared_addresses(hosts_of(settings))) {
      std::string names;
      for (const std::string& site : sites) names += (names.empty() ? "" : ", ") + site;
      report.note(named, "sites " + names + " each have a Linac at " + address + ": live/" +
                             address +
                             " is that of the one that was registered first, the others' is live/" +
                             address + "~SITE; archive.per_site gives each site its own folder");
    }
  }
  if (settings.archive->live) {
    for (const auto& [shared, linacs] : archive::addresses_shared_in_a_site(hosts_of(settings))) {
      std::string names;
      for (const std::string& serial : linacs) names += (names.empty() ? "" : ", ") + serial;
      report.note(named, "Linacs " + names + " of site " + shared.first + " are all at " +
                             shared.second +
                             ": live files of the one that was registered first are where "
                             "PyMedPhys looks for that address, those of the others in folders "
                             "that end with ~ and their serial");
    }
  }
  if (const auto ids = odd_patient_ids(settings.store); ids > 0) {
    report.note(named, std::to_string(ids) +
                           " Patient IDs hold `_`: PyMedPhys finds their folders also when it is "
                           "asked for what stands before the `_`");
  }
  for (const auto& [site, count] : records_without_file(settings.store)) {
    report.note(named, std::to_string(count) + " records of " + site + " wait for their file");
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

/// By the store's lock: systemd may hold the port while it is down. nullopt if that cannot be told.
std::optional<bool> check_whether_it_runs(CheckReport& report,
                                          const config::GatewaySettings& settings) {
  using Process = std::optional<std::int64_t>;
  const auto process = os::answer_within<Process>(
      kAnswerTime, "check",
      [store = settings.store]() noexcept { return gateways_process(store); });
  if (!process) {
    report.note("gateway", "whether it runs cannot be told: the disk of " +
                               settings.store.string() + " does not answer");
    return std::nullopt;
  }
  if (*process) {
    report.line(true, "gateway", "runs: process " + std::to_string(**process) + whose(**process));
  } else {
    report.note("gateway",
                "does not run: nobody holds the lock of the store. systemctl start icom-gateway "
                "starts it");
  }
  return process->has_value();
}

void check_ingest(CheckReport& report, const config::GatewaySettings& settings,
                  const ServiceAccount& service, std::optional<bool> runs) {
  check_ingest_reach(report, settings.ingest);
  auto account = stores_owner(settings.store);
  if (!account && service.account) account = service.account->user;
  const IngestPortState ingest = check_ingest_port(settings.ingest, {account, runs});
  const std::string named = "ingest " + settings.ingest.text();
  if (ingest.certain) {
    report.line(ingest.usable, named, ingest.text);
  } else {
    report.note(named, ingest.text);
  }
}

/// What the gateway's account, and nobody else, can say of its files. Whether the gateway runs.
std::optional<bool> check_as_service(CheckReport& report, const config::GatewaySettings& settings) {
  check_tokens(report, settings);
  check_store(report, settings);
  check_machine_ids(report, settings);
  if (settings.archive) {
    check_archive(report, settings);
    check_shared_names(report, settings);
  }
  check_readers(report, settings);
  return check_whether_it_runs(report, settings);
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

void check_machine(CheckReport& report, const config::GatewaySettings& settings,
                   const ServiceAccount& service, bool is_service) {
  for (const config::SiteSettings& site : settings.sites) {
    std::string serials;
    for (const config::LinacSettings& linac : site.linacs) {
      serials += (serials.empty() ? "" : ", ") + linac.serial;
    }
    report.line(true, "site " + site.site, "Linacs " + serials);
  }
  std::optional<bool> runs;
  if (is_service) {
    runs = check_as_service(report, settings);
  } else {
    leave_to_service(report, settings);
  }
  if (!settings.archive) report.note("archive", "not set: no files for PyMedPhys");
  check_ingest(report, settings, service, runs);
  check_tunnel_end(report, settings);
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

}  // namespace

int check(const fs::path& config, std::ostream& out, const ServiceAccount& service) {
  CheckReport report(out);
  const bool is_service = check_account(report, service);
  try {
    const config::GatewaySettings settings = config::load_gateway(config);
    report.line(true, "settings", config.string());
    check_machine(report, settings, service, is_service);
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
  return is_another && os::own_user() == 0 ? os::run_as(*service.account, all) : all();
}

}  // namespace icom::serve
