// How fast bytes may go through a forward.
#include "agent/forward/pace.hpp"

#include <gtest/gtest.h>

namespace icom::forward {
namespace {

using namespace std::chrono_literals;

const Pace::Clock::time_point kBegin = Pace::Clock::time_point{} + 1h;

TEST(PaceTest, TenthOfASecondsWorthGoesAtOnceAndTheRestAtTheRate) {
  Pace pace(1'000'000);
  EXPECT_EQ(pace.take(100'000, kBegin), kBegin);
  EXPECT_EQ(pace.take(50'000, kBegin), kBegin + 50ms);
  EXPECT_EQ(pace.take(500'000, kBegin + 50ms), kBegin + 550ms);
}

TEST(PaceTest, WhatWasNotUsedIsNotSavedUpBeyondATenthOfASecond) {
  Pace pace(1'000'000);
  EXPECT_EQ(pace.take(100'000, kBegin), kBegin);
  EXPECT_EQ(pace.take(100'000, kBegin + 1h), kBegin + 1h);
  EXPECT_EQ(pace.take(1'000, kBegin + 1h), kBegin + 1h + 1ms);
}

TEST(PaceTest, TakersAtTheSameTimeStandInLine) {
  Pace pace(1'000);
  EXPECT_EQ(pace.take(100, kBegin), kBegin);
  EXPECT_EQ(pace.take(1'000, kBegin), kBegin + 1s);
  EXPECT_EQ(pace.take(1'000, kBegin), kBegin + 2s);
}

TEST(PaceTest, OverALongTimeTheRateIsKeptWhateverTheSizes) {
  Pace pace(123'457);
  auto now = kBegin;
  std::size_t taken = 0;
  for (std::size_t i = 0; taken < 1'234'570; ++i) {
    const std::size_t bytes = i * 7919 % 65'400 + 1;
    taken += bytes;
    now = pace.take(bytes, now);
  }
  const double seconds = std::chrono::duration<double>(now - kBegin).count();
  EXPECT_NEAR(static_cast<double>(taken) / 123'457, seconds + 0.1, 0.001);
}

}  // namespace
}  // namespace icom::forward
