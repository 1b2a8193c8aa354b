// How many frames are missing in a gap is told as exact only where the Linac's own pace allows it.
#include "gateway/store/counter_round.hpp"

#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::operator+;

/// Frames without a pause, so many a second, the first one so many milliseconds behind a second.
std::int64_t seconds_of(int per_second, int frames, int first_ms = 0) {
  CounterRound round;
  for (int n = 0; n < frames; ++n) {
    round.next((first_ms + n * 1000LL / per_second) / 1000, n > 0);
  }
  return round.seconds();
}

TEST(CounterRoundTest, IsTheUsualOneAtFourFramesASecondAndUntilAnythingElseIsShown) {
  EXPECT_EQ(seconds_of(4, 10'000), kCounterWrapSeconds);
  EXPECT_EQ(seconds_of(4, 10'000, 251), kCounterWrapSeconds);
  EXPECT_EQ(seconds_of(50, 255), kCounterWrapSeconds);
  EXPECT_EQ(seconds_of(1, 1'000), kCounterWrapSeconds) << "never more";
}

TEST(CounterRoundTest, NoGapThatIsShorterCanHoldAWholeRoundWhateverThePace) {
  for (int per_second = 5; per_second <= 300; ++per_second) {
    for (int first_ms = 0; first_ms < 1000; first_ms += 111) {
      const std::int64_t seconds = seconds_of(per_second, 256, first_ms);
      // A gap of less than that by the clock took less than `seconds` in truth.
      ASSERT_LE(seconds * per_second, 256) << per_second << ' ' << first_ms;
      ASSERT_GE((seconds + 3) * per_second, 256) << per_second << ": and is not far from a round";
    }
  }
}

TEST(CounterRoundTest, APauseTellsNothingOfThePace) {
  CounterRound round;
  for (int n = 0; n < 2'000; ++n) {
    round.next(n / 50 + n / 200 * 30, n % 200 != 0);
  }
  EXPECT_EQ(round.seconds(), kCounterWrapSeconds) << "no round came whole";
}

TEST(CounterRoundTest, APaceThatIsOverIsForgottenAfterTwoRounds) {
  CounterRound round;
  for (int n = 0; n < 1'000; ++n) {
    round.next(n / 50, n > 0);
  }
  EXPECT_LT(round.seconds(), 6);
  for (int n = 0; n < 1'000; ++n) {
    round.next(20 + n / 4, true);
  }
  EXPECT_EQ(round.seconds(), kCounterWrapSeconds);
}

class FastLinacTest : public test::StoreFixture {
 protected:
  /// Message number `n` of one that sends 50 a second.
  static std::vector<ByteVector> fast(unsigned from, unsigned to) {
    std::vector<ByteVector> all;
    for (unsigned n = from; n < to; ++n) {
      test::FrameSpec spec;
      spec.time = test::time_after(n / 50);
      spec.counter = static_cast<std::uint8_t>(n);
      spec.items = test::typical_items({}, n);
      all.push_back(test::build_frame(spec));
    }
    return all;
  }
  void connection(test::Feed& agent, unsigned from, unsigned to) {
    ASSERT_TRUE(commit(agent.connected().frames(fast(from, to)).batch()));
    agent.event(EntryKind::disconnected);
  }
};

TEST_F(FastLinacTest, WhatIsMissingIsExactOnlyWhereItsCounterCannotHaveWrapped) {
  test::Feed agent = feed(7);
  connection(agent, 0, 600);
  connection(agent, 700, 1'400);    // 2 s
  connection(agent, 1'700, 2'400);  // 6 s, more than a round
  connection(agent, 3'424, 4'000);  // 20 s, four whole rounds
  const std::vector<Gap> all = gaps();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].missing, 100);
  EXPECT_EQ(all[1].missing, std::nullopt);
  EXPECT_EQ(all[1].missing_estimate % 256, 300 % 256);
  EXPECT_EQ(all[2].missing, std::nullopt) << "the counter went on, and a thousand are missing";
  EXPECT_EQ(all[2].missing_estimate % 256, 0);
  EXPECT_GT(all[2].missing_estimate, 0);
}

TEST_F(FastLinacTest, ItsPaceIsKnownAfterARestart) {
  for (const unsigned frames : {600U, 512U + 100U, 1'000U}) {
    SCOPED_TRACE(frames);
    linac_ = known_linac("fast-" + std::to_string(frames));
    test::Feed agent = feed(7);
    connection(agent, 0, frames);
    const LinacId linac = linac_;
    reopen();
    linac_ = linac;
    connection(agent, frames + 300, frames + 310);
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0].missing, std::nullopt);
  }
}

}  // namespace
}  // namespace icom::store
