#include "gateway/records/frame_place.hpp"

#include <algorithm>

namespace icom {

Continuity continuity(std::int64_t time, std::uint8_t counter, std::int64_t next_time,
                      std::uint8_t next_counter, std::int64_t wraps_after) {
  const std::int64_t elapsed = next_time - time;
  const auto step = static_cast<std::uint8_t>(next_counter - counter);
  const std::int64_t missing_of_256 = static_cast<std::uint8_t>(step - 1);
  Continuity result;
  if (step == 1 && elapsed >= 0 && elapsed <= kMaxQuietSeconds) {
    result.missing = 0;
    return result;
  }
  result.gap = true;
  result.missing_estimate = missing_of_256;
  if (elapsed >= 0 && elapsed >= wraps_after) {
    // The number nearest to what the time lets expect, among those that the counter allows.
    const std::int64_t expected = wraps_after >= kCounterWrapSeconds
                                      ? elapsed * kMessagesPerSecond - 1
                                      : elapsed * 256 / (wraps_after + 1) - 1;
    const std::int64_t wraps = (expected - missing_of_256 + 128) / 256;
    result.missing_estimate += std::max<std::int64_t>(wraps, 0) * 256;
  } else if (elapsed >= 0) {
    result.missing = missing_of_256;
  }
  return result;
}

}  // namespace icom
