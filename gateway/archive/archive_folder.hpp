// Where the archive is, and what is made in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "common/os/file_system.hpp"
#include "gateway/archive/share_watch.hpp"

namespace icom::archive {

/// What is named here outlives whoever has a copy.
struct ArchiveFolder {
  os::FileSystem& files;
  ShareWatch& share;
  const std::filesystem::path& directory;
  bool per_site = false;  ///< a folder of its own for each site
};

/// Throws std::runtime_error if there is an error. The text names the record by its number and no
/// path below `patients`: those hold names.
void check(std::error_code error, std::int64_t record, const char* doing);

/// Makes a folder below the archive's directory, which must be there. Throws as check().
void make_folder(std::int64_t record, const ArchiveFolder& archive, const std::string& folder);

/// The folders that PyMedPhys looks for, as far as their names are known before there is a record
/// or a frame; relative to the archive's directory, each after the one that it is in.
std::vector<std::string> folders_of_sites(const std::set<std::string>& sites, bool per_site);

/// The site's `patients`, relative to the archive's directory.
std::string patients_folder(const ArchiveFolder& archive, const std::string& site);

}  // namespace icom::archive
