// A few bytes that are kept free for the last word on a full disk. docs/storage.md, "The last word
// on a full disk".
#pragma once

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "common/os/file_system.hpp"

namespace icom::spool {

/// kReserveFile in a spool's folder, which becomes a segment of one hole entry. Not thread-safe.
class HoleReserve {
 public:
  HoleReserve(os::FileSystem& files, std::filesystem::path folder)
      : files_(files), folder_(std::move(folder)) {}

  /// Makes it while there is room. Without it all but the last word on a full disk is as with it.
  void keep();
  /// Makes nothing: one of before may be there.
  void look();
  [[nodiscard]] bool is_there() const { return is_there_; }
  /// Written over in place, so that a disk without room takes it; then it gets the name of
  /// `segment`. Whoever reads the spool sees it whole or not at all.
  std::error_code become(const std::filesystem::path& segment, Bytes content,
                         std::unique_ptr<os::File>& opened);

 private:
  os::FileSystem& files_;
  const std::filesystem::path folder_;
  bool is_there_ = false;
};

}  // namespace icom::spool
