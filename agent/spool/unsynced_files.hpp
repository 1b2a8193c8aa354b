// What has been written and not yet synced, between the thread that writes and the one that syncs.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "common/os/file_system.hpp"

namespace icom::spool {

/// Thread-safe; the lock is never held over a sync, so noting never waits for a disk.
class UnsyncedFiles {
 public:
  UnsyncedFiles(os::FileSystem& files, std::filesystem::path directory)
      : files_(files), directory_(std::move(directory)) {}

  void note_written(const std::shared_ptr<os::File>& file);
  /// A file was made in the directory, or the directory itself.
  void note_directory_changed();

  /// Syncs all that was noted before the call began. What fails is kept for the next call.
  std::error_code sync();

 private:
  std::error_code sync_directories();

  os::FileSystem& files_;
  std::filesystem::path directory_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<os::File>> written_;
  bool directory_changed_ = false;
};

}  // namespace icom::spool
