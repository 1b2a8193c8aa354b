// Chance that repeats: the same seed gives the same numbers on every platform, which
// std::*_distribution does not promise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace icom::simulator {

/// SplitMix64's finisher: neighbouring inputs give unrelated outputs.
constexpr std::uint64_t scramble(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

/// Not thread-safe. Make one per subject (a visit, the faults), so that a draw more in one does not
/// shift another.
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t subject = 0)
      : state_(scramble(seed + kStep) ^ scramble(subject * kStep + 1)) {}

  std::uint64_t next() { return scramble(state_ += kStep); }
  /// Both ends included. Precondition: low <= high.
  int between(int low, int high) {
    const auto span = static_cast<std::uint64_t>(static_cast<std::int64_t>(high) - low + 1);
    return static_cast<int>(low + static_cast<std::int64_t>(next() % span));
  }
  bool one_in(int count) { return between(1, count) == 1; }
  /// Precondition: `choices` is not empty.
  template <typename T, std::size_t N>
  const T& pick(const T (&choices)[N]) {
    return choices[next() % N];
  }

 private:
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15U;
  std::uint64_t state_;
};

}  // namespace icom::simulator
