// Between the thread that reads from the Linac and the one that writes to the disk.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/icom/stream_entry.hpp"

namespace icom::listen {

/// An entry on its way to the spool, with bytes of its own.
struct QueuedEntry {
  EntryKind kind = EntryKind::frame;
  std::int64_t received_us = 0;
  bool has_patient = false;
  ByteVector bytes;
};

struct QueueCounts {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t peak_bytes = 0;
  std::uint64_t dropped_frames = 0;
  std::uint64_t dropped_frames_with_patient = 0;
  std::uint64_t dropped_junk_bytes = 0;
};

/// Bounded in bytes. push() never waits for the other side: where a disk has stalled for so long
/// that the bound is reached, the oldest entries without a patient are dropped first, then the
/// oldest; a hole entry where they stood tells how many frames went. Thread-safe; one side pushes,
/// one takes.
class EntryQueue {
 public:
  /// Half an hour of one Linac's stream, or a replay burst of that size arriving at once while the
  /// disk is busy. Costs nothing while the disk keeps up.
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20U;
  /// What an entry costs beside its bytes.
  static constexpr std::size_t kEntryCost = 64;

  explicit EntryQueue(std::size_t max_bytes = kMaxBytes) : max_bytes_(max_bytes) {}

  void push(QueuedEntry entry);
  /// Nothing will be pushed any more.
  void close();

  enum class Taken { entries, nothing_yet, closed };
  /// Moves entries into `to`, which it empties first: all there are, up to `most_bytes` (at least
  /// one). Waits up to `limit` for the first. `closed`: there never will be one.
  Taken take(std::vector<QueuedEntry>& to, std::size_t most_bytes, std::chrono::milliseconds limit);
  /// Waits up to `limit` for close(); true if it has been called.
  bool wait_closed(std::chrono::milliseconds limit);

  [[nodiscard]] QueueCounts counts() const;

 private:
  using Entries = std::deque<QueuedEntry>;

  void make_room(std::size_t incoming);
  Entries::iterator drop(Entries::iterator entry);

  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Entries entries_;
  bool closed_ = false;
  QueueCounts counts_;
};

}  // namespace icom::listen
