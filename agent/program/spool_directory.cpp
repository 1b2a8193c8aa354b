#include "agent/program/spool_directory.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "common/os/lock_holder.hpp"
#include "common/os/path_text.hpp"

namespace icom::program {

std::unique_ptr<os::File> lock_spool_directory(const std::filesystem::path& directory,
                                               const char* lock_file, const char* another) {
  auto& files = os::real_file_system();
  std::unique_ptr<os::File> lock;
  auto error = files.create_directories(directory);
  if (!error) error = files.lock(directory / lock_file, lock);
  if (error == std::errc::resource_unavailable_try_again) {
    spdlog::error("{} {}: {}; stop that one first", another, os::utf8(directory),
                  os::lock_holder(directory / lock_file));
  } else if (error) {
    spdlog::error("cannot use the spool directory {}: {}; correct spool.directory, or the rights",
                  os::utf8(directory), error.message());
  }
  return error ? nullptr : std::move(lock);
}

SpoolDirectoryLock::SpoolDirectoryLock(std::filesystem::path directory, const char* lock_file,
                                       std::unique_ptr<os::File> held)
    : directory_(std::move(directory)),
      lock_path_(directory_ / lock_file),
      held_(std::move(held)) {}

bool SpoolDirectoryLock::follow() {
  bool here = true;
  if (held_->is_at(lock_path_, here) || here) return false;
  auto& files = os::real_file_system();
  std::unique_ptr<os::File> lock;
  auto error = files.create_directories(directory_);
  if (!error) error = files.lock(lock_path_, lock);
  if (!error) {
    failures_.forget();
    held_ = std::move(lock);
    spdlog::error(
        "the spool directory {} was removed or replaced while this program works there: the one "
        "that "
        "is there now is used. Nothing is to be deleted there while programs of the site run",
        os::utf8(directory_));
    return true;
  }
  if (!failures_.admit(error.message(), log::RateLimit::Clock::now())) return false;
  if (error == std::errc::resource_unavailable_try_again) {
    spdlog::error(
        "the spool directory {} was removed while this program works there, and in the one that is "
        "there now another one holds {}: {}; stop one of them",
        os::utf8(directory_), os::utf8(lock_path_.filename()), os::lock_holder(lock_path_));
  } else {
    spdlog::error(
        "the spool directory {} was removed while this program works there, and cannot be made "
        "anew: "
        "{}; correct the rights of the folder that it is in",
        os::utf8(directory_), error.message());
  }
  return false;
}

void write_status(const std::filesystem::path& file, const std::string& json) {
  const auto error = os::write_atomically(os::real_file_system(), file, as_bytes(json),
                                          os::Durability::process_crash);
  if (error) spdlog::debug("cannot write {}: {}", os::utf8(file), error.message());
}

}  // namespace icom::program
