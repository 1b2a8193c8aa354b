// An endless day of one Linac, for benchmarks: the recorded sample's frames over and over (or,
// where the tree has no sample beside it, made ones), 4 a second, with times and counters that go
// on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "tests/bench/sample.hpp"
#include "tests/unit/icom/frame_builder.hpp"

namespace icom::test {

inline const std::vector<ByteVector>& day_templates() {
  static const std::vector<ByteVector> all = [] {
    std::vector<ByteVector> frames;
    if (const auto sample = load_sample()) {
      for (const Bytes frame : split_by_length(*sample)) {
        frames.emplace_back(frame.begin(), frame.end());
      }
    } else {
      for (unsigned n = 0; n < 576; ++n) {
        FrameSpec spec;
        spec.items = typical_items(Patient{}, n, 160);
        frames.push_back(build_frame(spec));
      }
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
