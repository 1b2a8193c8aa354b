// What a program of a site keeps in the spool directory: the lock that makes it the only one, and
// its status.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/log/repeated_line.hpp"
#include "common/os/file_system.hpp"

namespace icom::program {

/// Held until the returned object goes. Nothing, the reason being logged, if another process holds
/// it (`another`: "another icom-forward sends the spools in"), or the directory cannot be used.
std::unique_ptr<os::File> lock_spool_directory(const std::filesystem::path& directory,
                                               const char* lock_file, const char* another);

/// Holds it for a program that runs for long. Not thread-safe.
class SpoolDirectoryLock {
 public:
  SpoolDirectoryLock(std::filesystem::path directory, const char* lock_file,
                     std::unique_ptr<os::File> held);

  /// To be called once in a while: where somebody has removed or replaced the directory, so that
  /// the lock could be found by nobody, the one that its path names now is made and locked. True:
  /// it was. The log tells, also where that cannot be. May wait for the disk.
  bool follow();

 private:
  const std::filesystem::path directory_;
  const std::filesystem::path lock_path_;
  std::unique_ptr<os::File> held_;
  log::RepeatedLine failures_;
};

/// Takes the place of what stood there. A failure is worth a line for debugging only: the next one
/// comes soon.
void write_status(const std::filesystem::path& file, const std::string& json);

}  // namespace icom::program
