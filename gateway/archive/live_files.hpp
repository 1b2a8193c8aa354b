// The last 256 frames of each Linac, one file each. docs/storage.md, "Live files".
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "common/icom/bytes.hpp"
#include "common/log/rate_limit.hpp"
#include "common/os/file_system.hpp"
#include "gateway/archive/share_watch.hpp"

namespace icom::archive {

/// Writes `<folder of the Linac>/<counter, 3 digits>.txt`. Linacs take turns, a frame each: what
/// one sends does not delay another's. When the share is slower than the frames come, the oldest
/// waiting ones of that Linac are dropped: they would be overwritten soon in any case.
class LiveFiles {
 public:
  // What waits of one Linac: all its files, and of frames far larger than any Linac's only a few.
  static constexpr std::size_t kMostWaiting = 256;
  static constexpr std::size_t kMostBytes = std::size_t{4} << 20U;
  /// Of all Linacs. Above it the one with the most bytes drops its oldest.
  static constexpr std::size_t kMostBytesOfAll = std::size_t{16} << 20U;

  /// By Linac: its folder, below the archive's. One that is not in it has no live files.
  using Folders = std::map<std::int64_t, std::filesystem::path>;
  /// Called by run(), when a frame of a Linac comes that was in none before.
  using FoldersOfAll = std::function<Folders()>;

  LiveFiles(os::FileSystem& files, ShareWatch& share, std::filesystem::path archive_directory,
            FoldersOfAll folders_of_all);

  /// Writes until end() is called; for a thread of its own, which may hang as long as the share
  /// does.
  void run();
  /// Thread-safe.
  void end();
  /// `folders_of_all` may answer differently from now on. Thread-safe.
  void forget_folders();
  /// Copies the frame. Never waits for a file. Thread-safe.
  void add(std::int64_t linac, std::uint8_t counter, Bytes frame);

  struct Counts {
    std::uint64_t written = 0;
    std::uint64_t dropped = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Waiting {
    std::uint8_t counter;
    ByteVector frame;
  };
  struct Lane {
    std::deque<Waiting> frames;
    std::size_t bytes = 0;
  };
  // Of these: mutex_ is held.
  void push(std::int64_t linac, Waiting waiting);
  /// Takes the Linac's oldest frame. Precondition: it has one. A lane that is empty goes.
  Waiting take_first(std::int64_t linac);
  /// The same for one that is not written. Returns its memory.
  ByteVector drop_first(std::int64_t linac);
  void count_bytes(std::int64_t linac, Lane& lane, std::size_t bytes);
  [[nodiscard]] bool has_no_room(std::int64_t linac, std::size_t bytes) const;
  [[nodiscard]] std::int64_t next_linac() const;

  const std::filesystem::path& folder_of(std::int64_t linac);
  bool write(std::int64_t linac, const Waiting& waiting);
  std::error_code put(const std::filesystem::path& folder, const Waiting& waiting);
  void warn(const std::string& what);

  os::FileSystem& files_;
  ShareWatch& share_;
  const std::filesystem::path directory_;
  const FoldersOfAll folders_of_all_;
  Folders folders_;  ///< of run(); empty paths for those that have none

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable ready_;
  std::map<std::int64_t, Lane> lanes_;                       ///< of Linacs of which a frame waits
  std::set<std::pair<std::size_t, std::int64_t>> by_bytes_;  ///< the same: their bytes, and whose
  std::size_t bytes_ = 0;                                    ///< of all that waits
  std::int64_t last_ = 0;                                    ///< whose turn it was
  Counts counts_;
  bool folders_changed_ = false;

  std::atomic<bool> stop_ = false;  ///< set under mutex_
  log::RateLimit warnings_;         ///< of run()
};

}  // namespace icom::archive
