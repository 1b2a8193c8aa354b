// Where a frame belongs among those stored: the rules of docs/storage.md, "Order".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "gateway/store/gap_table.hpp"
#include "gateway/store/head.hpp"
#include "gateway/store/key_lookup.hpp"
#include "gateway/store/lines.hpp"

namespace icom::store {

struct Placement {
  enum class Kind {
    duplicate,     ///< stored already: `stored` tells which
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
  std::optional<FrameKey> stored = std::nullopt;
  /// A new epoch only: so many frames before it on its connection, taken for stored ones since they
  /// are equal to these, are the epoch's first.
  std::size_t equal_before = 0;
  /// A new epoch only: the frame would fit in before this stored one as well; see BegunEpoch.
  std::optional<GapEdge> replay_until = std::nullopt;
  /// A duplicate only: so its connection replays, and what it began an epoch with belongs before
  /// this frame.
  bool shows_replay = false;
};

/// A frame on its way, and the connection that brought it.
struct ArrivingFrame {
  const FrameIdentity& identity;
  std::int64_t received_us = 0;
  const Lines::Run& run;
  bool counted = true;  ///< false: its counter is no Linac's, and tells nothing; see LinacCounter
};

/// What of the Linac's frames is not in a chunk yet, and the rest.
struct StoredFrames {
  Database& database;
  ZstdCodec& zstd;
  KeyLookup& chunks;
  std::span<const FrameKey> open;
  std::span<const FrameKey> late;
  std::int64_t epoch = 0;  ///< the current one
  /// Whom a connection comes to that began the current epoch and replays; see BegunEpoch.
  std::optional<GapEdge> replay_until = std::nullopt;
};

/// The frame at the edge of a gap.
std::optional<FrameKey> key_at(const GapEdge& edge, const StoredFrames& stored);

/// The stored frame in front of the one at `edge` that a frame of these numbers would stand beside:
/// of its time and counter, and the other counts on from it.
std::optional<FrameKey> stored_in_front_of(const GapEdge& edge, const FrameIdentity& frame,
                                           const StoredFrames& stored);
/// The stored frame that counts on from one of this time and counter, of an epoch up to `newest`: a
/// replay that begins with a frame which differs from the stored one comes to it next.
std::optional<GapEdge> stored_after_other(const FrameIdentity& frame, const StoredFrames& stored,
                                          std::int64_t newest);

/// After the head, in its epoch.
Placement append_to(const Head& head, const FrameIdentity& frame);

Placement place_frame(std::int64_t linac, const ArrivingFrame& arriving, const Head& head,
                      const StoredFrames& stored);

}  // namespace icom::store
