#include "common/os/file_system.hpp"

namespace icom::os {

bool is_locked(FileSystem& files, const std::filesystem::path& lock) {
  return files.lock_is_held(lock);
}

}  // namespace icom::os
