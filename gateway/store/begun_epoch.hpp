// An epoch that may turn out to be none. docs/storage.md, "Order".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "gateway/store/gap_table.hpp"
#include "gateway/store/head.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// An epoch that begins with a frame which would also fit into a gap, or before the first frame, or
/// that has the time and the counter of a stored one and other bytes. The clock was set back, or
/// this is a replay that begins with what was never received, or never so: if so, the connection
/// counts on to the stored frame after that gap, or after that frame. Nothing but the tables is
/// needed to tell, so a restart changes nothing.
struct BegunEpoch {
  /// More frames than these are not put elsewhere.
  static constexpr std::int64_t kMostFrames = 1'024;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20U;

  Gap border;             ///< of kind clock, where it begins
  FrameKey head_before;   ///< at that gap's one side
  std::int64_t frames{};  ///< nothing but these was stored since
};

inline GapEdge first_edge(const Head& head) {
  return {kFirstEpoch, head.first_time, head.first_sub, head.first_counter};
}

/// The stored frame before which one would fit that is taken for the first of a new epoch: of
/// epochs up to `newest`.
std::optional<GapEdge> where_replay_would_lead(Database& database, std::int64_t linac,
                                               const Head& head, const FrameIdentity& first,
                                               std::int64_t newest);

/// Takes an epoch's chunks out of the tables, and gives their numbers.
std::vector<std::int64_t> remove_chunks_of_epoch(Database& database, std::int64_t linac,
                                                 std::int64_t epoch);

}  // namespace icom::store
