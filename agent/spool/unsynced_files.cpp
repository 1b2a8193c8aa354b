#include "agent/spool/unsynced_files.hpp"

#include <algorithm>

namespace icom::spool {

void UnsyncedFiles::note_written(const std::shared_ptr<os::File>& file) {
  const std::lock_guard lock(mutex_);
  if (std::find(written_.begin(), written_.end(), file) == written_.end()) written_.push_back(file);
}

void UnsyncedFiles::note_directory_changed() {
  const std::lock_guard lock(mutex_);
  directory_changed_ = true;
}

std::error_code UnsyncedFiles::sync() {
  std::vector<std::shared_ptr<os::File>> written;
  bool directory_changed = false;
  {
    const std::lock_guard lock(mutex_);
    written.swap(written_);
    directory_changed = std::exchange(directory_changed_, false);
  }
  std::error_code first_error;
  for (const auto& file : written) {
    if (const auto error = file->sync_data()) {
      if (!first_error) first_error = error;
      note_written(file);
    }
  }
  if (directory_changed) {
    if (const auto error = sync_directories()) {
      if (!first_error) first_error = error;
      note_directory_changed();
    }
  }
  return first_error;
}

std::error_code UnsyncedFiles::sync_directories() {
  if (const auto error = files_.sync_directory(directory_)) return error;
  return files_.sync_directory(directory_.parent_path());
}

}  // namespace icom::spool
