#include "agent/listen/counter_watch.hpp"

#include <gtest/gtest.h>

#include "tests/unit/icom/frame_builder.hpp"

namespace icom::listen {
namespace {

/// Frames with the bytes that count, and a hash of the test's choice.
class CounterWatchTest : public testing::Test {
 protected:
  std::uint64_t see(unsigned second, unsigned counter, std::uint64_t hash,
                    std::string opaque = "") {
    test::FrameSpec spec;
    spec.time = test::time_after(second);
    spec.counter = static_cast<std::uint8_t>(counter);
    spec.opaque = std::move(opaque);
    const ByteVector bytes = test::build_frame(spec);
    FrameIdentity identity = identify(bytes).value();
    identity.hash = hash;
    return watch_.see(identity, bytes);
  }
  /// Four frames, the last one with this counter: the watch knows where they count.
  void learn(unsigned second, unsigned last) {
    for (unsigned i = 4; i-- > 0;) see(second, last - i, 1000 + i);
  }
  CounterWatch watch_;
};

TEST_F(CounterWatchTest, StepsOfOneAreNoGapAlsoWhereTheCounterWraps) {
  for (unsigned i = 0; i < 600; ++i) EXPECT_EQ(see(i / 4, i, i), 0U);
  EXPECT_EQ(watch_.counts().gaps, 0U);
}

TEST_F(CounterWatchTest, AJumpTellsHowManyAreMissing) {
  for (unsigned step = 2; step <= 255; ++step) {
    watch_ = {};
    learn(1, 250);
    EXPECT_EQ(see(2, 250 + step, 2), step - 1);
    EXPECT_EQ(watch_.counts().gaps, 1U);
    EXPECT_EQ(watch_.counts().missing_frames, step - 1);
  }
}

TEST_F(CounterWatchTest, NothingIsMissingBeforeItIsKnownWhereTheStreamCounts) {
  see(1, 7, 1);
  EXPECT_EQ(see(2, 90, 2), 0U);
  EXPECT_EQ(see(3, 91, 3), 0U);
  EXPECT_EQ(see(4, 3, 4), 0U);
  EXPECT_EQ(watch_.counts().gaps, 0U);
}

TEST_F(CounterWatchTest, ACounterOfTwoBytesWithTheHighOneFirstMissesNothing) {
  for (unsigned n = 250; n < 600; ++n) {
    EXPECT_EQ(see(n / 4, n / 256, n, std::string(1, static_cast<char>(n % 256))), 0U) << n;
  }
  EXPECT_EQ(watch_.counts().gaps, 0U);
  EXPECT_EQ(see(160, 2, 1, std::string(1, static_cast<char>(605 % 256))), 5U);
}

TEST_F(CounterWatchTest, TheSameFrameAgainIsADuplicate) {
  see(1, 7, 1);
  EXPECT_EQ(see(1, 7, 1), 0U);
  EXPECT_EQ(watch_.counts().duplicates, 1U);
  EXPECT_EQ(see(1, 7, 2), 0U) << "other bytes: no duplicate";
  EXPECT_EQ(watch_.counts().duplicates, 1U);
}

TEST_F(CounterWatchTest, AReplayOfEarlierFramesIsNoGap) {
  learn(100, 40);
  EXPECT_EQ(see(90, 3, 2), 0U);
  EXPECT_EQ(see(90, 4, 3), 0U);
  EXPECT_EQ(watch_.counts().gaps, 0U);
}

TEST_F(CounterWatchTest, TheFirstFrameOfAConnectionIsComparedToNone) {
  learn(1, 4);
  watch_.reset();
  EXPECT_EQ(see(50, 9, 2), 0U);
}

}  // namespace
}  // namespace icom::listen
