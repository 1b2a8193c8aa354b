#include "tests/simulator/leaf_motion.hpp"

#include <cstdlib>

#include "tests/simulator/random.hpp"

namespace icom::simulator {
namespace {

constexpr int kPairs = static_cast<int>(kLeaves) / 2;
constexpr int kSmallestHalfGap = 2;  // 2 mm: leaves of a pair do not touch

// 0, v, 2v ... nv ... 2v, v, 0, v ...: never the same twice in a row.
int to_and_fro(int steps, int velocity, int turns_after) {
  const int within = steps % (2 * turns_after);
  return velocity * (within <= turns_after ? within : 2 * turns_after - within);
}

}  // namespace

Leaves leaves_after(int steps, std::uint32_t aperture) {
  Leaves leaves{};
  for (int pair = 0; pair < kPairs; ++pair) {
    const std::uint64_t habit =
        scramble((std::uint64_t{aperture} << 8U) + static_cast<unsigned>(pair));
    const int distance =
        std::abs(2 * pair - (kPairs - 1));  // from the field's centre, in half leaf widths
    const bool inside = distance < 30 + static_cast<int>(aperture % 24U);
    const int centre = static_cast<int>(aperture % 21U) - 10;
    const int velocity_low = 1 + static_cast<int>(habit % 3U);
    const int velocity_high = 1 + static_cast<int>((habit >> 8U) % 3U);
    const int turns_low = inside ? 8 + static_cast<int>((habit >> 16U) % 9U) : 1;
    const int turns_high = inside ? 8 + static_cast<int>((habit >> 24U) % 9U) : 1;
    const auto at = static_cast<std::size_t>(pair) * 2;
    leaves[at] = centre - kSmallestHalfGap - to_and_fro(steps, velocity_low, turns_low);
    leaves[at + 1] = centre + kSmallestHalfGap + to_and_fro(steps, velocity_high, turns_high);
  }
  return leaves;
}

Leaves between(const Leaves& from, const Leaves& to, int done, int whole) {
  Leaves leaves{};
  for (std::size_t i = 0; i < kLeaves; ++i) {
    leaves[i] = from[i] + (to[i] - from[i]) * done / whole;
  }
  return leaves;
}

}  // namespace icom::simulator
