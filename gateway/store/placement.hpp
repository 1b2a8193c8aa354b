// Where a frame belongs among those stored: the rules of docs/storage.md, "Order".
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gateway/store/gap_table.hpp"
#include "gateway/store/head.hpp"
#include "gateway/store/key_lookup.hpp"

namespace icom::store {

/// Which runs' streams stand directly at the head of the order: the next frame of such a run, if
/// its counter is one higher, cannot have been stored before. Several, where agents listen to the
/// same Linac: what one of them brings late or twice says nothing of the others.
class RunsAtHead {
 public:
  /// Its frame was put behind the head.
  void appended(std::uint64_t run) { runs_.assign(1, run); }
  /// Its last entry is the frame at the head, which was stored before.
  void caught_up(std::uint64_t run) {
    if (!contains(run) && runs_.size() < kMost) runs_.push_back(run);
  }
  /// Its last entry is anything else.
  void left(std::uint64_t run) { std::erase(runs_, run); }

  [[nodiscard]] bool continues(std::uint64_t run, std::uint8_t counter, const Head& head) const {
    return counter == static_cast<std::uint8_t>(head.last.counter + 1) && contains(run);
  }

 private:
  static constexpr std::size_t kMost = 8;

  [[nodiscard]] bool contains(std::uint64_t run) const {
    return std::find(runs_.begin(), runs_.end(), run) != runs_.end();
  }
  std::vector<std::uint64_t> runs_;
};

struct Placement {
  enum class Kind {
    duplicate,     ///< stored already
    append,        ///< behind the head, same epoch
    new_epoch,     ///< behind the head; the Linac's clock was set back
    into_gap,      ///< `gap` tells which
    before_first,  ///< earlier than everything in the first epoch
    conflict,      ///< beside a stored frame of the same time and counter
  };
  Kind kind = Kind::append;
  std::int64_t epoch = 0;
  std::int64_t sub = 0;
  bool conflict = false;  ///< there is another frame of this time and counter in the epoch
  std::optional<Gap> gap = std::nullopt;
};

/// What of the Linac's frames is not in a chunk yet, and the rest.
struct StoredFrames {
  Database& database;
  ZstdCodec& zstd;
  KeyLookup& chunks;
  std::span<const FrameKey> open;
  std::span<const FrameKey> late;
};

Placement place_frame(std::int64_t linac, const FrameIdentity& frame, std::uint64_t run,
                      const Head& head, const RunsAtHead& at_head, const StoredFrames& stored);

}  // namespace icom::store
