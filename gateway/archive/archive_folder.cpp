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

std::string patients_folder(const ArchiveFolder& archive, const std::string& site) {
  return (archive.per_site ? safe_name(site) + "/" : "") + "patients";
}

}  // namespace icom::archive
