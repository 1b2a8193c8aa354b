// Where a Linac's order ends, and begins.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/records/frame_place.hpp"
#include "gateway/store/frame_key.hpp"
#include "gateway/store/given_up.hpp"
#include "gateway/store/sqlite.hpp"

namespace icom::store {

struct Head {
  FrameKey last;  ///< the last frame of the current epoch; its place.epoch is the current one
  std::int64_t highest_time = 0;  ///< of any epoch: nothing stored is later
  std::int64_t first_time = 0;    ///< the first frame of the first epoch
  std::int64_t first_sub = 0;
  std::uint8_t first_counter = 0;
  std::int64_t arrivals = 0;  ///< frames stored so far
  /// What the agent reported as given up since the last frame.
  std::optional<GivenUp> given_up;
  /// The run whose connection brought the last frame and nothing since; see Lines.
  std::optional<std::uint64_t> run;

  [[nodiscard]] bool empty() const { return arrivals == 0; }
};

/// Older epochs than this many are not searched for gaps: a Linac's clock is set back a few times a
/// year.
inline constexpr std::int64_t kEpochsSearched = 16;

/// Earlier than everything in the first epoch, though not as early as a broken clock would say.
bool is_before_first(const Head& head, const FrameIdentity& frame);

/// An empty head for a Linac without frames.
Head load_head(Database& database, std::int64_t linac);
void save_head(Database& database, std::int64_t linac, const Head& head);

}  // namespace icom::store
