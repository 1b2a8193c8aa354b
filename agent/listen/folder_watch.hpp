// Whether a listener's spool folder is still the one that its path names.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "agent/spool/spool_writer.hpp"
#include "common/log/repeated_line.hpp"

namespace icom::listen {

/// Looks, and tells the log. docs/storage.md, "A folder that is removed".
class FolderWatch {
 public:
  explicit FolderWatch(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// On the thread that appends to the writer. Takes the time of two looks at a file, unless
  /// something has happened.
  spool::FolderState look(spool::SpoolWriter& writer);

  /// As of the last look: what is written now can be found by nobody.
  [[nodiscard]] bool is_lost() const { return lost_; }
  /// From any thread: how often it was made anew, and when last (microseconds since 1970, UTC; 0:
  /// never).
  [[nodiscard]] std::uint64_t made_anew() const { return made_anew_; }
  [[nodiscard]] std::int64_t made_anew_us() const { return made_anew_us_; }

 private:
  const std::filesystem::path folder_;
  std::atomic<bool> lost_ = false;
  std::atomic<std::uint64_t> made_anew_ = 0;
  std::atomic<std::int64_t> made_anew_us_ = 0;
  log::RepeatedLine lines_;
};

}  // namespace icom::listen
