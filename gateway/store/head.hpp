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

/// An empty head for a Linac without frames.
Head load_head(Database& database, std::int64_t linac);
void save_head(Database& database, std::int64_t linac, const Head& head);

}  // namespace icom::store
