// All sites of a folder, checked against each other.
#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "common/config/site_file.hpp"

namespace icom::config {
namespace {

std::string place(const SiteFile& site, const YAML::Mark& mark) {
  return site.yaml.path().string() + ':' + std::to_string(mark.line + 1);
}

/// Notes in each file what an earlier one has already. A Linac's serial names it across all sites:
/// in the store, the archive and on the page.
void check_against_each_other(std::vector<SiteFile>& sites) {
  std::map<std::string, std::string> site_places;
  std::map<std::string, std::string> serial_places;
  for (SiteFile& site : sites) {
    const SiteSettings& settings = site.settings;
    const std::string here = place(site, site.site_mark);
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
      own.emplace(serial, place(site, site.serial_marks[i]));
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
    const bool hidden = at->path().filename().string().starts_with('.');
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

}  // namespace

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
