// `icom-gateway pymedphys-config`: our part of PyMedPhys' config.toml.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "gateway/pymedphys/pymedphys_settings.hpp"

namespace icom::cli {

struct PyMedPhysConfigOptions {
  std::filesystem::path file;
  bool dry_run = false;  ///< shows the difference only
  bool yes = false;      ///< does not ask
};

/// Shows what would change, asks, makes a backup beside the file, and writes. A file that is not
/// there is made. False if somebody said no. Throws what pymedphys::with_ours() throws, and
/// std::runtime_error if a file cannot be read or written; config.toml is then as it was.
bool write_pymedphys_config(const pymedphys::PyMedPhysSettings& ours,
                            const PyMedPhysConfigOptions& options, std::ostream& out);

}  // namespace icom::cli
