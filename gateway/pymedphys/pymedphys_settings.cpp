#include "gateway/pymedphys/pymedphys_settings.hpp"

namespace icom::pymedphys {

namespace {

/// A folder below `archive`, written as that is: on Windows with backslashes.
std::string below(const std::string& archive, const std::string& folder) {
  const bool windows = archive.find('\\') != std::string::npos;
  const char separator = windows ? '\\' : '/';
  return archive + (archive.ends_with(separator) ? "" : std::string(1, separator)) + folder;
}

ArchiveFolders folders_in(const std::string& root, bool live) {
  ArchiveFolders folders{root, below(root, "patients")};
  if (live) folders.live = below(root, "live");
  return folders;
}

}  // namespace

PyMedPhysSettings pymedphys_settings(const config::GatewaySettings& settings,
                                     const std::optional<std::string>& archive) {
  PyMedPhysSettings ours;
  for (const config::SiteSettings& site : settings.sites) {
    SiteEntry& entry = ours.sites.emplace_back();
    entry.name = site.site;
    for (const config::LinacSettings& linac : site.linacs) {
      entry.linacs.push_back({linac.serial, linac.address.host});
    }
  }
  if (!settings.archive) return ours;
  const std::string folder = archive.value_or(settings.archive->directory.string());
  const bool live = settings.archive->live;
  if (!settings.archive->per_site) {
    ours.folders = folders_in(folder, live);
    return ours;
  }
  for (SiteEntry& site : ours.sites) {
    site.folders = folders_in(below(folder, site.name), live);
  }
  return ours;
}

}  // namespace icom::pymedphys
