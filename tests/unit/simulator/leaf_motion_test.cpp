#include "tests/simulator/leaf_motion.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace icom::simulator {
namespace {

TEST(LeafMotion, EveryLeafMovesWithEveryStepAndNoneTooFast) {
  for (const std::uint32_t aperture : {0U, 1U, 12345U, 0xFFFFFFFFU}) {
    for (int step = 0; step < 200; ++step) {
      const Leaves before = leaves_after(step, aperture);
      const Leaves after = leaves_after(step + 1, aperture);
      for (std::size_t leaf = 0; leaf < kLeaves; ++leaf) {
        const int way = std::abs(after[leaf] - before[leaf]);
        ASSERT_GE(way, 1) << "leaf " << leaf << " step " << step;
        ASSERT_LE(way, 3) << "leaf " << leaf << " step " << step;
      }
    }
  }
}

TEST(LeafMotion, LeavesOfAPairNeverMeet) {
  for (std::uint32_t aperture = 0; aperture < 50; ++aperture) {
    for (int step = 0; step < 100; ++step) {
      const Leaves leaves = leaves_after(step, aperture);
      for (std::size_t leaf = 0; leaf < kLeaves; leaf += 2) {
        ASSERT_LT(leaves[leaf], leaves[leaf + 1]) << "aperture " << aperture << " step " << step;
      }
    }
  }
}

TEST(LeafMotion, WayBetweenTwoShapesStartsAndEndsAtThem) {
  const Leaves from = leaves_after(3, 7);
  const Leaves to = leaves_after(30, 8);
  EXPECT_EQ(between(from, to, 0, 5), from);
  EXPECT_EQ(between(from, to, 5, 5), to);
}

TEST(LeafMotion, AperturesDiffer) {
  EXPECT_NE(leaves_after(10, 1), leaves_after(10, 2));
}

}  // namespace
}  // namespace icom::simulator
