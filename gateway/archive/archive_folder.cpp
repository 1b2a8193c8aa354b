#include "gateway/archive/archive_folder.hpp"

#include <stdexcept>

#include "gateway/archive/archive_name.hpp"

namespace icom::archive {

void check(std::error_code error, std::int64_t record, const char* doing) {
  if (error) {
    throw std::runtime_error("record " + std::to_string(record) + ": cannot " + doing + ": " +
                             error.message());
  }
}

void make_folder(std::int64_t record, const ArchiveFolder& archive, const std::string& folder) {
  // The archive's directory itself is not made: where it is a share that is away, the files would
  // go to the mount point below it.
  std::error_code error;
  if (!std::filesystem::is_directory(archive.directory, error)) {
    throw std::runtime_error("the archive's directory " + archive.directory.string() +
                             " is not there: " + (error ? error.message() : "no directory"));
  }
  check(archive.files.create_directories(archive.directory / folder), record, "make its folder");
}

std::vector<std::string> folders_of_sites(const std::set<std::string>& sites, bool per_site) {
  if (!per_site) return {"patients", "live"};
  std::vector<std::string> folders;
  for (const std::string& site : sites) {
    const std::string name = safe_name(site);
    folders.insert(folders.end(), {name, name + "/patients", name + "/live"});
  }
  return folders;
}

std::string patients_folder(const ArchiveFolder& archive, const std::string& site) {
  return (archive.per_site ? safe_name(site) + "/" : "") + "patients";
}

}  // namespace icom::archive
