// Where the archive is, and what is made in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

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

/// The site's `patients`, relative to the archive's directory.
std::string patients_folder(const ArchiveFolder& archive, const std::string& site);

}  // namespace icom::archive
