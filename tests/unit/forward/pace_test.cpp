// How fast bytes may go through a forward.
#include "agent/forward/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace icom::forward {
namespace {

using namespace std::chrono_literals;

const Pace::Clock::time_point kBegin = Pace::Clock::time_point{} + 1h;

TEST(PaceTest, TenthOfASecondsWorthGoesAtOnceAndTheRestAtTheRate) {
  Pace pace(1'000'000);
  EXPECT_LE(pace.when(100'000, kBegin), kBegin);
  pace.take(100'000, kBegin);
  EXPECT_EQ(pace.when(50'000, kBegin), kBegin + 50ms);
  pace.take(50'000, kBegin + 50ms);
  EXPECT_EQ(pace.when(1'000, kBegin + 50ms), kBegin + 51ms);
}

TEST(PaceTest, WhatWasNotUsedIsNotSavedUpBeyondATenthOfASecond) {
  Pace pace(1'000'000);
  pace.take(100'000, kBegin);
  EXPECT_LE(pace.when(100'000, kBegin + 1h), kBegin + 1h);
  pace.take(100'000, kBegin + 1h);
  EXPECT_EQ(pace.when(1'000, kBegin + 1h), kBegin + 1h + 1ms);
}

TEST(PaceTest, AskingTakesNothing) {
  Pace pace(1'000);
  for (int i = 0; i < 100; ++i) EXPECT_LE(pace.when(100, kBegin), kBegin);
}

TEST(PaceTest, WhatIsGivenBackMayBeTakenAgainAtOnce) {
  Pace pace(1'000);
  pace.take(100, kBegin);
  pace.give_back(60);
  EXPECT_LE(pace.when(60, kBegin), kBegin);
  EXPECT_EQ(pace.when(61, kBegin), kBegin + 1ms);
  pace.give_back(1'000);
  EXPECT_LE(pace.when(100, kBegin), kBegin);
  pace.take(100, kBegin);
  EXPECT_EQ(pace.when(1, kBegin), kBegin + 1ms) << "no more than it holds";
}

TEST(PaceTest, MoreThanItHoldsGoesWhenItIsFullAndIsPaidForAfterwards) {
  Pace pace(1'000);
  EXPECT_EQ(pace.holds(), 100U);
  EXPECT_LE(pace.when(1'000, kBegin), kBegin);
  pace.take(1'000, kBegin);
  EXPECT_EQ(pace.when(1'000, kBegin), kBegin + 1s);
}

TEST(PaceTest, EveryRateComesToHoldWhatItSaysThatItHolds) {
  for (std::uint64_t rate = 1; rate < 20'000'000'000; rate = rate * 3 + 1) {
    Pace pace(rate);
    pace.take(pace.holds(), kBegin);
    EXPECT_GE(pace.holds(), 1U);
    EXPECT_LE(pace.when(pace.holds(), kBegin + 2s), kBegin + 2s) << rate;
  }
}

TEST(PaceTest, OverALongTimeTheRateIsKeptWhateverTheSizes) {
  Pace pace(123'457);
  auto now = kBegin;
  std::size_t taken = 0;
  for (std::size_t i = 0; taken < 1'234'570; ++i) {
    const std::size_t bytes = i * 7919 % 65'400 + 1;
    now = std::max(now, pace.when(bytes, now));
    pace.take(bytes, now);
    taken += bytes;
  }
  now = std::max(now, pace.when(0, now));
  const double seconds = std::chrono::duration<double>(now - kBegin).count();
  EXPECT_NEAR(static_cast<double>(taken) / 123'457, seconds + 0.1, 0.001);
}

}  // namespace
}  // namespace icom::forward
