// What a Linac sends whose clock is set to the zone of its site, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "common/zone/time_zone.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::test {

inline const std::string kBerlin = "Europe/Berlin";
inline constexpr std::int64_t kSummerBegins = 1'774'746'000;  // there: 2026-03-29 01:00 UTC
inline constexpr std::int64_t kSummerEnds = 1'792'890'000;    // 2026-10-25 01:00 UTC
inline constexpr std::int64_t kHourInSeconds = 3'600;

struct SentFrame {
  ByteVector bytes;
  std::int64_t sent_us = 0;  ///< microseconds since 1970, UTC
  std::int64_t offset = 0;   ///< of the clock then, in seconds ahead of UTC
};

/// Frames `from` to `to`, four a second, number 0 sent at `begin` (seconds since 1970, UTC).
/// `error`: seconds that the clock is ahead of its zone.
inline std::vector<SentFrame> sent_in(const std::string& zone, std::int64_t begin, unsigned from,
                                      unsigned to, const std::optional<Patient>& patient = {},
                                      std::int64_t error = 0) {
  const TimeZone rules = TimeZone::find(zone).value();
  std::vector<SentFrame> frames;
  for (unsigned n = from; n < to; ++n) {
    const std::int64_t utc = begin + n / 4;
    const std::int64_t offset = rules.offset_at(utc);
    FrameSpec spec;
    spec.time = linac_time_text(utc + offset + error);
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = typical_items(patient, n);
    frames.push_back(
        {build_frame(spec), begin * 1'000'000 + std::int64_t{n} * 250'000, offset + error});
  }
  return frames;
}

/// A batch of these, received `late_us` after they were sent.
inline store::IncomingBatch batch_of(Feed& feed, const std::vector<SentFrame>& frames,
                                     std::int64_t late_us = 3'000) {
  for (const SentFrame& frame : frames) feed.frame(frame.bytes);
  store::IncomingBatch batch = feed.batch();
  std::size_t next = 0;
  for (store::IncomingEntry& entry : batch.entries) {
    if (entry.kind == EntryKind::frame) entry.received_us = frames[next++].sent_us + late_us;
  }
  return batch;
}

inline std::vector<SentFrame> operator+(std::vector<SentFrame> a, const std::vector<SentFrame>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace icom::test
