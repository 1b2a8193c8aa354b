// The rows of gaps between frames. docs/storage.md, "Gaps".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "gateway/records/frame_place.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/given_up.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// A frame at the edge of a gap.
struct GapEdge {
  std::int64_t epoch = 0;
  std::int64_t time = 0;
  std::int64_t sub = 0;
  std::uint8_t counter = 0;

  friend bool operator==(const GapEdge&, const GapEdge&) = default;
};

inline GapEdge edge_of(const FrameKey& key) {
  return {key.place.epoch, key.place.time, key.place.sub, key.counter};
}

struct Gap {
  std::int64_t id = 0;  ///< 0 while it is no row
  GapEdge from;         ///< the last frame before it
  GapEdge to;           ///< the first frame after it
  std::string kind;     ///< `counter`, `silence`, `hole` (given up by the agent), `clock` (where an
                        ///< epoch ends)
  std::optional<std::int64_t> missing;
  std::int64_t missing_estimate = 0;
  std::optional<GivenUp> given_up;
};

void insert_gap(Database& database, std::int64_t linac, const Gap& gap);
void remove_gap(Database& database, std::int64_t gap);

/// In order.
std::vector<Gap> load_gaps(Database& database, std::int64_t linac);
/// Those with missing frames, or possibly so, whose end lies between these places, both included;
/// in order. What makes a record incomplete.
std::vector<Gap> load_gaps_between(Database& database, std::int64_t linac, const FramePlace& from,
                                   const FramePlace& to);

/// The gap of this epoch that a frame falls into, strictly between its edges; by its time alone if
/// its counter tells nothing.
std::optional<Gap> find_gap(Database& database, std::int64_t linac, std::int64_t epoch,
                            const FrameIdentity& frame, bool counted);

/// The gap with which an epoch begins.
std::optional<Gap> find_clock_gap_before(Database& database, std::int64_t linac,
                                         std::int64_t epoch);
/// The gap between the last frame of an epoch, which is this one, and the next epoch.
std::optional<Gap> find_clock_gap(Database& database, std::int64_t linac, const FramePlace& last);

/// `counter - before` as a distance around the circle, -128 to 127: which of two messages of one
/// second came first.
inline std::int64_t counter_distance(std::uint8_t before, std::uint8_t counter) {
  return static_cast<std::int8_t>(static_cast<std::uint8_t>(counter - before));
}

}  // namespace icom::store
