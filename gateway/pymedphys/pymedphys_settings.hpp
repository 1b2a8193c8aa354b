// What PyMedPhys' config.toml is to say of our sites.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/config/gateway_settings.hpp"

namespace icom::pymedphys {

struct LinacEntry {
  std::string name;  ///< its serial
  std::string ip;

  bool operator==(const LinacEntry&) const = default;
};

/// Of the archive, as PyMedPhys' machine sees them.
struct ArchiveFolders {
  /// A site's `icom`: PyMedPhys looks for `patients` in it.
  std::string root;
  std::string patients;  ///< for `patient_directories`, where it looks as they are
  std::optional<std::string> live = std::nullopt;  ///< nothing if no live files are written

  bool operator==(const ArchiveFolders&) const = default;
};

struct SiteEntry {
  std::string name;
  std::vector<LinacEntry> linacs;
  /// In place of those of all sites, where each has its own.
  std::optional<ArchiveFolders> folders = std::nullopt;

  bool operator==(const SiteEntry&) const = default;
};

/// Nothing in it is a guess: what we do not know is not here.
struct PyMedPhysSettings {
  std::vector<SiteEntry> sites;
  /// nullopt without an archive, and where each site has its own.
  std::optional<ArchiveFolders> folders;

  bool operator==(const PyMedPhysSettings&) const = default;
};

/// `archive`: the archive's folder as PyMedPhys' machine sees it, such as `S:\\Physics\\iCom`; that
/// of the settings unless given.
PyMedPhysSettings pymedphys_settings(const config::GatewaySettings& settings,
                                     const std::optional<std::string>& archive);

}  // namespace icom::pymedphys
