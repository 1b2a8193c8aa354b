#include "agent/program/spool_directory.hpp"

#include <spdlog/spdlog.h>

#include "common/os/lock_holder.hpp"

namespace icom::program {

std::unique_ptr<os::File> lock_spool_directory(const std::filesystem::path& directory,
                                               const char* lock_file, const char* another) {
  auto& files = os::real_file_system();
  std::unique_ptr<os::File> lock;
  auto error = files.create_directories(directory);
  if (!error) error = files.lock(directory / lock_file, lock);
  if (error == std::errc::resource_unavailable_try_again) {
    spdlog::error("{} {}: {}; stop that one first", another, directory.string(),
                  os::lock_holder(directory / lock_file));
  } else if (error) {
    spdlog::error("cannot use the spool directory {}: {}; correct spool.directory, or the rights",
                  directory.string(), error.message());
  }
  return error ? nullptr : std::move(lock);
}

void write_status(const std::filesystem::path& file, const std::string& json) {
  const auto error = os::write_atomically(os::real_file_system(), file, as_bytes(json),
                                          os::Durability::process_crash);
  if (error) spdlog::debug("cannot write {}: {}", file.string(), error.message());
}

}  // namespace icom::program
