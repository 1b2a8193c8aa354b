// How much work late frames may cause. docs/storage.md, "Records".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace icom::store {

/// Building a record again reads all of its frames. A late frame with each commit would cost the
/// square of a record's length, and a record may be of any length. So a Linac may read so many
/// frames again with each commit, and what it does not use is saved up to a limit. A record that
/// has more frames is built in pieces, over several commits. A frame counts once, and once more for
/// each 16 KiB that it has (FrameScan::weight_of()).
struct RebuildPace {
  std::int64_t per_commit = 256;
  /// Read in some 60 ms on a slow machine. A little more may be read at once, so that a record does
  /// not wait for its last frames.
  std::int64_t at_once = 2'048;

  /// What is read in one piece is no more than at_least once it has taken this long: frames may
  /// cost more than they count.
  std::int64_t at_least = 128;
  /// The same, with what was read before and is read again to find the place to go on. More than a
  /// whole chunk and at_least: with less nothing new would ever be read.
  std::int64_t at_least_with_place = 512;
  std::chrono::milliseconds longest{20};

  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// The most that one commit may read, of all Linacs together.
  [[nodiscard]] std::int64_t most_per_commit() const { return at_once + at_once / 4; }
};

}  // namespace icom::store
