// The folder that a spool's writer holds, and what to do when somebody removes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "common/os/file_system.hpp"

namespace icom::spool {

/// Locked for its one writer, for as long as this lives. Not thread-safe.
class WritersFolder {
 public:
  /// Makes it if need be. Throws std::system_error, naming the path, if it cannot be used or
  /// another writer holds it.
  WritersFolder(os::FileSystem& files, std::filesystem::path path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Whether its path still leads to it, and not to one that may be another writer's. Where nobody
  /// can say, it does.
  [[nodiscard]] bool is_ours() const;
  /// The numbers of the segments in it, ascending, after what was only half put together is
  /// removed.
  std::error_code list(std::vector<std::uint64_t>& numbers);
  /// Makes and locks the one that the path names now, if that is another one than the one that is
  /// held. `resource_unavailable_try_again`: another writer has it. After an error the one of
  /// before is held.
  std::error_code follow();

 private:
  std::error_code take(std::filesystem::path& failed, const char*& doing);

  os::FileSystem& files_;
  const std::filesystem::path path_;
  std::unique_ptr<os::File> lock_;
};

}  // namespace icom::spool
