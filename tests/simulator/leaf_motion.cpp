#include "tests/simulator/leaf_motion.hpp"

#include <cstdlib>

#include "tests/simulator/random.hpp"

namespace icom::simulator {
namespace {

constexpr int kPairs = static_cast<int>(kLeaves) / 2;
constexpr int kSmallestHalfGap = 2;  // 2 mm: leaves of a pair do not touch

// Half leaf widths from the field's centre to the first pair that does not open.
int closed_from(std::uint32_t aperture) {
  return 30 + static_cast<int>(aperture % 24U);
}

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
    const bool inside = distance < closed_from(aperture);
    const int centre = static_cast<int>(aperture % 21U) - 10;
    const int velocity_low = 1 + static_cast<int>(habit % 3U);
    const int velocity_high = 1 + static_cast<int>((habit >> 8U) % 3U);
    const auto at = static_cast<std::size_t>(pair) * 2;
    leaves[at] = centre - kSmallestHalfGap;
    leaves[at + 1] = centre + kSmallestHalfGap;
    if (inside) {
      leaves[at] -= to_and_fro(steps, velocity_low, 8 + static_cast<int>((habit >> 16U) % 9U));
      leaves[at + 1] += to_and_fro(steps, velocity_high, 8 + static_cast<int>((habit >> 24U) % 9U));
    } else {
      const int both = to_and_fro(steps, velocity_low, 1);
      leaves[at] -= both;
      leaves[at + 1] -= both;
    }
  }
  return leaves;
}

int half_height_of(std::uint32_t aperture) {
  constexpr int kLeafWidth = 5;
  // The distances of pairs are odd, in half leaf widths; the last one's far edge is one further.
  return closed_from(aperture) / 2 * kLeafWidth;
}

Leaves between(const Leaves& from, const Leaves& to, int done, int whole) {
  Leaves leaves{};
  for (std::size_t i = 0; i < kLeaves; ++i) {
    leaves[i] = from[i] + (to[i] - from[i]) * done / whole;
  }
  return leaves;
}

}  // namespace icom::simulator
