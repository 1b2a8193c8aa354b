#include "gateway/pymedphys/pymedphys_settings.hpp"

namespace icom::pymedphys {

namespace {

/// A folder below `archive`, written as that is: on Windows with backslashes.
std::string below(const std::string& archive, const std::string& folder) {
  const bool windows = archive.find('\\') != std::string::npos;
  const char separator = windows ? '\\' : '/';
  return archive + (archive.ends_with(separator) ? "" : std::string(1, separator)) + folder;
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
  if (settings.archive->per_site) {
    for (SiteEntry& site : ours.sites) {
      const std::string of_site = below(folder, site.name);
      site.patients = below(of_site, "patients");
      if (live) site.live = below(of_site, "live");
    }
    return ours;
  }
  ours.patients = below(folder, "patients");
  if (live) ours.live = below(folder, "live");
  return ours;
}

}  // namespace icom::pymedphys
