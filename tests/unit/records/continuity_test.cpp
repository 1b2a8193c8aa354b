#include <gtest/gtest.h>

#include "gateway/records/frame_place.hpp"

namespace icom {
namespace {

TEST(ContinuityTest, OneHigherWithinTwoSecondsIsNoGapForEveryCounter) {
  for (int counter = 0; counter < 256; ++counter) {
    const auto next = static_cast<std::uint8_t>(counter + 1);
    for (int elapsed = 0; elapsed <= 2; ++elapsed) {
      EXPECT_FALSE(continuity(100, static_cast<std::uint8_t>(counter), 100 + elapsed, next).gap);
    }
    EXPECT_TRUE(continuity(100, static_cast<std::uint8_t>(counter), 103, next).gap);
  }
}

TEST(ContinuityTest, WhatIsMissingIsExactUntilTheCounterMayHaveWrapped) {
  for (std::int64_t missing = 1; missing < 1200; ++missing) {
    const std::int64_t elapsed = (missing + 1) / 4;
    const auto found = continuity(0, 0, elapsed, static_cast<std::uint8_t>(missing + 1));
    EXPECT_EQ(found.missing_estimate, missing);
    EXPECT_EQ(found.missing.has_value(), elapsed < 64) << missing;
    EXPECT_TRUE(found.incomplete());
  }
}

TEST(ContinuityTest, AShortSilenceThatCountsOnMissesNothing) {
  const Continuity found = continuity(0, 7, 10, 8);
  EXPECT_TRUE(found.gap);
  EXPECT_EQ(found.missing, 0);
  EXPECT_FALSE(found.incomplete());
}

TEST(ContinuityTest, AcrossAClockSetBackNothingIsCertainWhateverTheCounter) {
  for (int counter = 0; counter < 256; ++counter) {
    const Continuity found = continuity(4000, 7, 400, static_cast<std::uint8_t>(counter));
    EXPECT_TRUE(found.gap);
    EXPECT_FALSE(found.missing.has_value());
    EXPECT_TRUE(found.incomplete());
  }
}

}  // namespace
}  // namespace icom
