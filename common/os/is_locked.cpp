#include "common/os/file_system.hpp"

namespace icom::os {

bool is_locked(FileSystem& files, const std::filesystem::path& lock) {
  std::unique_ptr<File> held;
  return files.lock(lock, held) == std::errc::resource_unavailable_try_again;
}

}  // namespace icom::os
