#include "gateway/serve/archive_check.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "common/os/limited_thread.hpp"
#include "gateway/archive/archive_folder.hpp"
#include "gateway/archive/archive_index.hpp"
#include "gateway/archive/unwritten_records.hpp"
#include "gateway/serve/folder_check.hpp"
#include "gateway/serve/hosts_of.hpp"
#include "gateway/store/store_reader.hpp"

namespace icom::serve {

namespace fs = std::filesystem;

namespace {

/// Patient IDs with a `_`. 0 also if there is no store yet, or one that `serve` has to bring up to
/// date, which is no fault, or one that does not answer, which is said elsewhere.
std::int64_t odd_patient_ids(const fs::path& store) {
  const auto ids = os::answer_within<std::int64_t>(kFolderAnswerTime, "check", [store]() noexcept {
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
  const auto counts = os::answer_within<Counts>(kFolderAnswerTime, "check", [store]() noexcept {
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

}  // namespace

void check_archive(CheckReport& report, const config::GatewaySettings& settings) {
  const fs::path& folder = settings.archive->directory;
  const std::string named = "archive " + folder.string();
  std::set<std::string> sites;
  for (const config::SiteSettings& site : settings.sites) sites.insert(site.site);
  const FolderState state = look_at_folder(
      folder, archive::folders_of_sites(sites, settings.archive->per_site), kFolderAnswerTime);
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

}  // namespace icom::serve
