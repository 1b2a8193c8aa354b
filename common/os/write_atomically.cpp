#include <functional>

#include "common/os/file_system.hpp"
#include "common/os/folder_of.hpp"
#include "common/os/path_text.hpp"

namespace icom::os {

namespace {

using Create = std::function<std::error_code(const std::filesystem::path&, std::unique_ptr<File>&)>;

std::error_code write_new(FileSystem& files, const std::filesystem::path& path,
                          const Create& create, Bytes content, Durability durability) {
  std::unique_ptr<File> file;
  auto error = create(path, file);
  if (error == std::errc::file_exists) {
    // Left by a process that died half-way.
    if ((error = files.remove(path))) return error;
    error = create(path, file);
  }
  if (error) return error;
  std::size_t written = 0;
  if ((error = file->append({&content, 1}, written))) return error;
  return durability == Durability::power_cut ? file->sync_data() : std::error_code{};
}

std::error_code write_by(FileSystem& files, const std::filesystem::path& path, const Create& create,
                         Bytes content, Durability durability) {
  const std::filesystem::path folder = folder_of(path);
  const auto temporary = folder / path_of_utf8("." + utf8(path.filename()) + ".tmp");
  auto error = write_new(files, temporary, create, content, durability);
  if (!error) error = files.rename(temporary, path);
  if (error) {
    files.remove(temporary);
    return error;
  }
  return durability == Durability::power_cut ? files.sync_directory(folder) : std::error_code{};
}

}  // namespace

std::error_code write_atomically(FileSystem& files, const std::filesystem::path& path,
                                 Bytes content, Durability durability) {
  const Create create = [&files](const std::filesystem::path& name, std::unique_ptr<File>& file) {
    return files.create(name, file);
  };
  return write_by(files, path, create, content, durability);
}

std::error_code rewrite_atomically(FileSystem& files, const std::filesystem::path& path,
                                   Bytes content) {
  const Create create = [&files, &path](const std::filesystem::path& name,
                                        std::unique_ptr<File>& file) {
    const auto error = files.create(name, file);
    // Before anything is in it.
    return error ? error : files.copy_rights(path, *file);
  };
  return write_by(files, path, create, content, Durability::power_cut);
}

std::error_code write_atomically_for(FileSystem& files, const std::filesystem::path& path,
                                     Access access, Bytes content) {
  const Create create = [&files, access](const std::filesystem::path& name,
                                         std::unique_ptr<File>& file) {
    return files.create_for(name, access, file);
  };
  return write_by(files, path, create, content, Durability::power_cut);
}

}  // namespace icom::os
