// Segments that are damaged, kept for a person to look at. docs/storage.md, "Damaged segments".
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "common/os/file_system.hpp"

namespace icom::spool {

/// `000000000042.spool.damaged` in the spool's folder: under that name neither writer nor reader
/// takes it for a segment. Bounded: of more than fits the oldest go. Holds nothing in memory, so
/// both sides of a spool may have one. Not thread-safe.
class DamagedSegments {
 public:
  static constexpr std::size_t kMostFiles = 16;
  static constexpr std::uint64_t kMostBytes = 64ULL << 20U;

  DamagedSegments(os::FileSystem& files, std::filesystem::path directory)
      : files_(files), directory_(std::move(directory)) {}

  /// Sets the segment of this number aside. After an error it is where it was.
  std::error_code take(std::uint64_t number);
  /// On a full disk frames are worth more. False: there is none.
  bool remove_oldest();

  struct Summary {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::filesystem::path newest;  ///< empty if there is none

    friend bool operator==(const Summary&, const Summary&) = default;
  };
  /// What is there now: a person may have removed some.
  [[nodiscard]] Summary summary() const;

  static std::filesystem::path path(const std::filesystem::path& directory, std::uint64_t number);

 private:
  /// Oldest first.
  [[nodiscard]] std::vector<std::filesystem::path> list() const;

  os::FileSystem& files_;
  std::filesystem::path directory_;
};

}  // namespace icom::spool
