#include "agent/listen/counter_watch.hpp"

#include <gtest/gtest.h>

namespace icom::listen {
namespace {

FrameIdentity frame(std::int64_t time, unsigned counter, std::uint64_t hash) {
  return {.time = time, .counter = static_cast<std::uint8_t>(counter), .hash = hash};
}

TEST(CounterWatch, StepsOfOneAreNoGapAlsoWhereTheCounterWraps) {
  CounterWatch watch;
  for (unsigned i = 0; i < 600; ++i) EXPECT_EQ(watch.see(frame(i / 4, i, i)), 0U);
  EXPECT_EQ(watch.counts().gaps, 0U);
}

TEST(CounterWatch, AJumpTellsHowManyAreMissing) {
  for (unsigned step = 2; step <= 255; ++step) {
    CounterWatch watch;
    watch.see(frame(1, 250, 1));
    EXPECT_EQ(watch.see(frame(2, 250 + step, 2)), step - 1);
    EXPECT_EQ(watch.counts().gaps, 1U);
    EXPECT_EQ(watch.counts().missing_frames, step - 1);
  }
}

TEST(CounterWatch, TheSameFrameAgainIsADuplicate) {
  CounterWatch watch;
  watch.see(frame(1, 7, 1));
  EXPECT_EQ(watch.see(frame(1, 7, 1)), 0U);
  EXPECT_EQ(watch.counts().duplicates, 1U);
  EXPECT_EQ(watch.see(frame(1, 7, 2)), 0U) << "other bytes: no duplicate";
  EXPECT_EQ(watch.counts().duplicates, 1U);
}

TEST(CounterWatch, AReplayOfEarlierFramesIsNoGap) {
  CounterWatch watch;
  watch.see(frame(100, 40, 1));
  EXPECT_EQ(watch.see(frame(90, 3, 2)), 0U);
  EXPECT_EQ(watch.see(frame(90, 4, 3)), 0U);
  EXPECT_EQ(watch.counts().gaps, 0U);
}

TEST(CounterWatch, TheFirstFrameOfAConnectionIsComparedToNone) {
  CounterWatch watch;
  watch.see(frame(1, 1, 1));
  watch.reset();
  EXPECT_EQ(watch.see(frame(50, 9, 2)), 0U);
}

}  // namespace
}  // namespace icom::listen
