#include "gateway/store/store_files.hpp"

#include <stdexcept>
#include <system_error>

namespace icom::store {

std::filesystem::path database_file(const std::filesystem::path& folder) {
  return folder / "icom.db";
}

std::filesystem::path lock_file(const std::filesystem::path& folder) {
  return folder / "icom.lock";
}

bool wal_is_held_up(const std::filesystem::path& folder, std::chrono::seconds lately) {
  const auto wal = std::filesystem::path(database_file(folder).string() + "-wal");
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(wal, unknown);
  if (unknown || bytes <= kMostWalBytes) return false;
  const auto written = std::filesystem::last_write_time(wal, unknown);
  return !unknown && std::filesystem::file_time_type::clock::now() - written < lately;
}

std::unique_ptr<os::File> claim_folder(const std::filesystem::path& folder) {
  os::FileSystem& files = os::real_file_system();
  if (const auto error = files.create_directories(folder)) {
    throw std::runtime_error("cannot make the store's folder " + folder.string() + ": " +
                             error.message());
  }
  std::unique_ptr<os::File> lock;
  if (const auto error = files.lock(lock_file(folder), lock)) {
    if (error == std::errc::resource_unavailable_try_again) {
      throw std::runtime_error("the store " + folder.string() +
                               " is in use by another icom-gateway: stop that one first");
    }
    throw std::runtime_error("cannot lock the store " + folder.string() + ": " + error.message());
  }
  // SQLite would make it readable by all; its WAL takes over the mode of the database file.
  std::unique_ptr<os::File> made;
  const auto error = files.create(database_file(folder), made);
  if (error && error != std::errc::file_exists) {
    throw std::runtime_error("cannot make " + database_file(folder).string() + ": " +
                             error.message());
  }
  return lock;
}

}  // namespace icom::store
