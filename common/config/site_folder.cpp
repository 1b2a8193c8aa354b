// All sites of a folder, checked against each other.
#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "common/config/site_file.hpp"
#include "common/os/path_text.hpp"

namespace icom::config {
namespace {

std::string place_at(const SiteFile& site, const YAML::Mark& mark) {
  return os::utf8(site.yaml.path()) + ':' + std::to_string(mark.line + 1);
}

/// Notes in each file what an earlier one has already. A Linac's serial names it across all sites:
/// in the store, the archive and on the page.
void check_against_each_other(std::vector<SiteFile>& sites) {
  std::map<std::string, std::string> site_places;
  std::map<std::string, std::string> serial_places;
  for (SiteFile& site : sites) {
    const SiteSettings& settings = site.settings;
    const std::string here = place_at(site, site.site_mark);
    const auto [other, is_new] = site_places.emplace(settings.site, here);
    if (!is_new && !settings.site.empty()) {
      site.yaml.problem(site.site_mark, "site", settings.site,
                        "a site that no other file has; " + other->second + " has it too");
    }
    std::map<std::string, std::string> own;
    for (std::size_t i = 0; i < settings.linacs.size(); ++i) {
      const std::string& serial = settings.linacs[i].serial;
      const auto found = serial_places.find(serial);
      if (found != serial_places.end() && !serial.empty()) {
        site.yaml.problem(site.serial_marks[i], "linacs[" + std::to_string(i) + "].serial", serial,
                          "a serial that no other site has; " + found->second + " has it too");
      }
      own.emplace(serial, place_at(site, site.serial_marks[i]));
    }
    serial_places.merge(own);  // a serial twice in one file was noted when that was read
  }
}

std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    // Files that begin with a dot are an editor's or the file server's own.
    const bool hidden = os::utf8(at->path().filename()).starts_with('.');
    if (!hidden && at->path().extension() == ".yaml") files.push_back(at->path());
  }
  std::ranges::sort(files);
  if (error) {
    YamlFile whole(folder);
    whole.problem("a folder that can be read (" + error.message() + ")");
    throw ConfigError(whole.problems());
  }
  return files;
}

struct Candidate {
  SiteFile file;
  std::string name;
  std::filesystem::file_time_type changed;
  const SiteSettings* running = nullptr;
  SiteSettings settings;  ///< what is to be served
  bool usable = true;
};

Candidate candidate_of(const std::filesystem::path& path,
                       const std::vector<SiteSettings>& running) {
  Candidate candidate{read_site_file(path, SiteFileName::of_the_site),
                      os::utf8(path.stem()),
                      {},
                      nullptr,
                      {},
                      true};
  std::error_code ignored;
  candidate.changed = std::filesystem::last_write_time(path, ignored);
  const auto runs = std::ranges::find(running, candidate.name, &SiteSettings::site);
  if (runs != running.end()) candidate.running = &*runs;
  if (candidate.file.yaml.problems().empty()) {
    candidate.settings = candidate.file.settings;
  } else if (candidate.running != nullptr) {
    candidate.settings = *candidate.running;
  } else {
    candidate.usable = false;
  }
  return candidate;
}

bool has(const SiteSettings* site, const std::string& serial) {
  return site != nullptr &&
         std::ranges::find(site->linacs, serial, &LinacSettings::serial) != site->linacs.end();
}

/// The site that each serial belongs to. The site that runs with it keeps it; then those whose
/// files were changed first.
std::map<std::string, const Candidate*> owners_of_serials(std::vector<Candidate>& candidates) {
  std::vector<const Candidate*> in_order;
  for (const Candidate& candidate : candidates) in_order.push_back(&candidate);
  std::ranges::stable_sort(in_order, {}, &Candidate::changed);
  std::map<std::string, const Candidate*> owners;
  for (const bool must_run : {true, false}) {
    for (const Candidate* candidate : in_order) {
      for (const LinacSettings& linac : candidate->settings.linacs) {
        if (!must_run || has(candidate->running, linac.serial)) {
          owners.emplace(linac.serial, candidate);
        }
      }
    }
  }
  return owners;
}

/// Takes the Linacs out that another site has, and notes why.
void leave_out_others_linacs(Candidate& candidate,
                             const std::map<std::string, const Candidate*>& owners) {
  std::vector<LinacSettings> own;
  for (std::size_t i = 0; i < candidate.settings.linacs.size(); ++i) {
    const LinacSettings& linac = candidate.settings.linacs[i];
    const Candidate& owner = *owners.at(linac.serial);
    if (&owner == &candidate) {
      own.push_back(linac);
      continue;
    }
    // What runs has all its serials, so these settings are the file's, and so are the marks.
    candidate.file.yaml.problem(candidate.file.serial_marks[i],
                                "linacs[" + std::to_string(i) + "].serial", linac.serial,
                                "a serial that no other site has; " +
                                    os::utf8(owner.file.yaml.path()) + " has it too, and keeps it");
  }
  candidate.settings.linacs = std::move(own);
}

}  // namespace

UsableSites usable_sites(const std::filesystem::path& folder,
                         const std::vector<SiteSettings>& running) {
  std::vector<Candidate> candidates;
  for (const std::filesystem::path& file : yaml_files(folder)) {
    candidates.push_back(candidate_of(file, running));
  }
  const auto owners = owners_of_serials(candidates);
  UsableSites found;
  for (Candidate& candidate : candidates) {
    const bool is_whole = candidate.file.yaml.problems().empty();
    leave_out_others_linacs(candidate, owners);
    if (!candidate.file.yaml.problems().empty()) {
      const auto state = is_whole           ? BrokenSite::State::in_part
                         : candidate.usable ? BrokenSite::State::kept
                                            : BrokenSite::State::refused;
      found.broken.push_back({candidate.name, state, candidate.file.yaml.problems()});
    }
    if (candidate.usable) found.sites.push_back(std::move(candidate.settings));
  }
  return found;
}

std::vector<SiteSettings> load_sites(const std::filesystem::path& folder) {
  std::vector<SiteFile> sites;
  for (const std::filesystem::path& file : yaml_files(folder))
    sites.push_back(read_site_file(file, SiteFileName::of_the_site));
  check_against_each_other(sites);

  std::vector<SiteSettings> settings;
  std::vector<Problem> problems;
  for (SiteFile& site : sites) {
    problems.insert(problems.end(), site.yaml.problems().begin(), site.yaml.problems().end());
    settings.push_back(std::move(site.settings));
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return settings;
}

}  // namespace icom::config
