// An endless day of one Linac, for benchmarks: the sample's frames over and over, 4 a second, with
// times and counters that go on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "tests/data/sample.hpp"

namespace icom::test {

inline const std::vector<ByteVector>& day_templates() {
  static const std::vector<ByteVector> all = [] {
    std::vector<ByteVector> frames;
    const ByteVector sample = load_sample();
    for (const Bytes frame : split_by_length(sample)) {
      frames.emplace_back(frame.begin(), frame.end());
    }
    return frames;
  }();
  return all;
}

inline std::size_t size_in_day(std::uint64_t n) {
  return day_templates()[n % day_templates().size()].size();
}

/// Frame `n` (from 0) of the day, behind what is in `to`.
inline void append_frame_of_day(ByteVector& to, std::uint64_t n) {
  constexpr std::int64_t kStart = 1'772'438'400;  // 2026-03-02 08:00:00
  const std::size_t at = to.size();
  append(to, day_templates()[n % day_templates().size()]);
  const std::string time = linac_time_text(kStart + static_cast<std::int64_t>(n / 4));
  std::copy_n(as_bytes(time).begin(), kDateSize, to.data() + at + kDateOffset);
  to[at + kCounterOffset] = static_cast<std::byte>(n);
}

/// When a listener received it: 4 a second, and a clock that is no metronome.
inline std::int64_t received_in_day(std::uint64_t n) {
  return static_cast<std::int64_t>(n) * 250'000 + static_cast<std::int64_t>(n * 7919 % 3000);
}

}  // namespace icom::test
