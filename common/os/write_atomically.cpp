#include <optional>

#include "common/os/file_system.hpp"

namespace icom::os {

namespace {

/// `rights_of`: a file whose owner and mode the new one gets before anything is in it.
std::error_code write_new(FileSystem& files, const std::filesystem::path& path, Bytes content,
                          Durability durability,
                          const std::optional<std::filesystem::path>& rights_of) {
  std::unique_ptr<File> file;
  auto error = files.create(path, file);
  if (error == std::errc::file_exists) {
    // Left by a process that died half-way.
    if ((error = files.remove(path))) return error;
    error = files.create(path, file);
  }
  if (!error && rights_of) error = files.copy_rights(*rights_of, path);
  if (error) return error;
  std::size_t written = 0;
  if ((error = file->append({&content, 1}, written))) return error;
  return durability == Durability::power_cut ? file->sync_data() : std::error_code{};
}

std::error_code replace(FileSystem& files, const std::filesystem::path& path, Bytes content,
                        Durability durability,
                        const std::optional<std::filesystem::path>& rights_of) {
  const auto temporary = path.parent_path() / ("." + path.filename().string() + ".tmp");
  auto error = write_new(files, temporary, content, durability, rights_of);
  if (!error) error = files.rename(temporary, path);
  if (error) {
    files.remove(temporary);
    return error;
  }
  return durability == Durability::power_cut ? files.sync_directory(path.parent_path())
                                             : std::error_code{};
}

}  // namespace

std::error_code write_atomically(FileSystem& files, const std::filesystem::path& path,
                                 Bytes content, Durability durability) {
  return replace(files, path, content, durability, std::nullopt);
}

std::error_code rewrite_atomically(FileSystem& files, const std::filesystem::path& path,
                                   Bytes content) {
  return replace(files, path, content, Durability::power_cut, path);
}

}  // namespace icom::os
