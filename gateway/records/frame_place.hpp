// Where a frame stands in its Linac's order. docs/storage.md, "Order".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace icom {

inline constexpr std::int64_t kFirstEpoch = 1;

/// Compared member by member. Within one Linac no two frames have the same place.
struct FramePlace {
  std::int64_t epoch = 0;  ///< from kFirstEpoch, +1 each time the Linac's clock was set back
  std::int64_t time = 0;   ///< linac_seconds()
  std::int64_t sub =
      0;  ///< orders the frames of one second by their counter; only comparable within it
  std::int64_t arrival = 0;  ///< +1 a stored frame; orders frames of the same time and counter

  // clang-tidy 14 sees a null pointer in what the compiler makes of this.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const FramePlace&, const FramePlace&) = default;
};

/// The places beside this one: no other lies between.
inline FramePlace just_before(FramePlace place) {
  --place.arrival;
  return place;
}
inline FramePlace just_after(FramePlace place) {
  ++place.arrival;
  return place;
}

/// What lies between two neighbours in a Linac's order.
struct Continuity {
  bool gap = false;  ///< the counter is not +1, or more than kMaxQuietSeconds lie between
  std::optional<std::int64_t> missing;  ///< frames; nothing where the counter may have wrapped
  std::int64_t missing_estimate = 0;    ///< frames; by counter and time

  /// Frames are missing, or may be.
  [[nodiscard]] bool incomplete() const { return gap && missing != 0; }
};

inline constexpr std::int64_t kMessagesPerSecond = 4;
inline constexpr std::int64_t kCounterWrapSeconds = 256 / kMessagesPerSecond;
/// The clock has whole seconds and a Linac sends four messages in each.
inline constexpr std::int64_t kMaxQuietSeconds = 2;

/// `wraps_after`: seconds within which the counter cannot have wrapped, where the Linac is faster
/// than any known one; kCounterWrapSeconds at most.
Continuity continuity(std::int64_t time, std::uint8_t counter, std::int64_t next_time,
                      std::uint8_t next_counter, std::int64_t wraps_after = kCounterWrapSeconds);

}  // namespace icom
