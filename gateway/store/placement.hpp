// Where a frame belongs among those stored: the rules of docs/storage.md, "Order".
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "gateway/store/gap_table.hpp"
#include "gateway/store/head.hpp"
#include "gateway/store/key_lookup.hpp"

namespace icom::store {

/// Which run's stream stands directly at the head of the order: the next frame of that run, if its
/// counter is one higher, cannot have been stored before.
struct LinePosition {
  std::optional<std::uint64_t> run;

  [[nodiscard]] bool continues(std::uint64_t of_run, std::uint8_t counter, const Head& head) const {
    return run == of_run && counter == static_cast<std::uint8_t>(head.last.counter + 1);
  }
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
                      const Head& head, const LinePosition& line, const StoredFrames& stored);

}  // namespace icom::store
