#include "gateway/store/clock_estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

namespace icom::store {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHourUs = 60 * kMinute;
constexpr std::int64_t kFirstSent = 1'790'000'000 * kSecond;  // in September 2026
const ClockZone kSummer{"Europe/Berlin", 7'200};
const ClockZone kWinter{"Europe/Berlin", 3'600};

/// A Linac that sends four frames a second, and the history that is made of them.
class ClockEstimateTest : public testing::Test {
 protected:
  /// Of one frame, sent now, that takes `late_us` to come.
  void frame(std::int64_t late_us) {
    const std::int64_t shown = now_us_ + ahead_us_;
    const std::int64_t time = shown >= 0 ? shown / kSecond : -1;
    offer(time, now_us_ + late_us);
  }
  void offer(std::int64_t time, std::int64_t received_us) {
    ++offered_;
    if (estimate_.add(time, received_us) && estimate_.conclude(zone_)) {
      const ClockEntry& entry = estimate_.newest().value();
      if (history_.empty() || history_.back().number != entry.number) {
        history_.emplace_back();
        made_at_.push_back(offered_);
        made_us_.push_back(now_us_);
      }
      history_.back() = entry;
    }
  }
  /// For so long, on a line that takes 2 ms, and up to `jitter_us` more.
  void send(std::int64_t duration_us, std::int64_t jitter_us = 20'000) {
    std::uniform_int_distribution<std::int64_t> jitter(2'000, 2'000 + jitter_us);
    for (const std::int64_t end = now_us_ + duration_us; now_us_ < end; now_us_ += kSecond / 4) {
      frame(jitter(random_));
    }
  }
  void begin_anew() { estimate_ = ClockEstimate(estimate_.newest()); }
  /// What the newest entry says is ahead of what is so.
  [[nodiscard]] std::int64_t off() const {
    return estimate_.newest() ? estimate_.newest()->ahead_us - ahead_us_ : kHourUs;
  }

  std::int64_t now_us_ = kFirstSent;
  std::int64_t ahead_us_ = 2 * kHourUs + 300'000;
  ClockZone zone_ = kSummer;
  ClockEstimate estimate_{std::nullopt};
  std::vector<ClockEntry> history_;
  std::vector<std::int64_t> made_at_;  // after so many frames
  std::vector<std::int64_t> made_us_;  // and then
  std::int64_t offered_ = 0;
  std::mt19937 random_{20'261'025};
};

TEST_F(ClockEstimateTest, AClockThatGoesRightHasOneEntryForAYear) {
  send(2 * kHourUs);
  for (int day = 0; day < 365; ++day) {
    now_us_ += 22 * kHourUs;
    send(2 * kMinute);
  }
  ASSERT_EQ(history_.size(), 1U);
  EXPECT_EQ(history_[0].number, 1);
  EXPECT_EQ(history_[0].since_us / kSecond, kFirstSent / kSecond);
  EXPECT_EQ(history_[0].zone, kSummer);
  EXPECT_LE(std::abs(off()), 300'000);
}

TEST_F(ClockEstimateTest, NothingIsSaidOfLessThanAMinuteOrOfAFewFrames) {
  send(59 * kSecond);
  EXPECT_FALSE(estimate_.newest());
  begin_anew();
  for (int i = 0; i < 59; ++i, now_us_ += kMinute) frame(0);
  EXPECT_FALSE(estimate_.newest());
}

TEST_F(ClockEstimateTest, AClockThatIsSetForwardIsToldWithinASecond) {
  send(10 * kMinute);
  ahead_us_ += 90 * kSecond;
  const std::int64_t set_at = now_us_;
  send(kSecond);
  ASSERT_EQ(history_.size(), 2U);
  EXPECT_LT(history_[1].since_us - set_at, kSecond / 4);
  EXPECT_LE(std::abs(off()), kSecond);
  send(3 * kMinute);
  EXPECT_EQ(history_.size(), 2U);  // the same one, made better
  EXPECT_LE(std::abs(off()), 300'000);
  EXPECT_LT(history_[1].since_us - set_at, kSecond / 4);
}

TEST_F(ClockEstimateTest, AClockThatIsSetBackIsToldOnceAWholeWindowIsLateAndSinceWhen) {
  send(10 * kMinute + 20 * kSecond);
  ahead_us_ -= 90 * kSecond;
  const std::int64_t set_at = now_us_;
  send(59 * kSecond);
  EXPECT_EQ(history_.size(), 1U);
  send(2 * kMinute);
  ASSERT_EQ(history_.size(), 2U);
  EXPECT_LT(history_[1].since_us - set_at, kSecond);
  EXPECT_LE(std::abs(off()), 300'000);
}

TEST_F(ClockEstimateTest, WhatComesLateDoesNotCount) {
  send(10 * kMinute);
  for (int outage = 0; outage < 50; ++outage) {
    // Nothing comes for a while, and then all of it in a rush.
    const std::int64_t until = now_us_ + 50 * kSecond;
    for (; now_us_ < until; now_us_ += kSecond / 4) frame(until - now_us_);
    send(40 * kSecond, 400'000);
  }
  EXPECT_EQ(history_.size(), 1U);
}

TEST_F(ClockEstimateTest, WhatIsLateFromTheBeginningIsNoClockThatIsSet) {
  const std::int64_t until = now_us_ + kMinute;
  for (; now_us_ < until; now_us_ += kSecond / 4) frame(until - now_us_);
  send(3 * kMinute);
  ASSERT_EQ(history_.size(), 1U);
  EXPECT_LE(std::abs(off()), 300'000);
}

TEST_F(ClockEstimateTest, OneFrameWithABrokenDateSaysNothing) {
  send(10 * kMinute);
  for (const std::int64_t time : {253'402'300'799LL, -62'167'219'200LL, 0LL}) {
    offer(time, now_us_);
    send(2 * kMinute);
  }
  EXPECT_EQ(history_.size(), 1U);
  EXPECT_LE(std::abs(off()), 300'000);
}

TEST_F(ClockEstimateTest, AClockThatGoesWrongHasAnEntryEachHalfSecond) {
  for (const std::int64_t drift_us : {50, -50}) {  // in a second: 4 s in a day
    const auto before = static_cast<std::int64_t>(history_.size());
    for (std::int64_t second = 0; second < 24 * 3600; ++second) {
      ahead_us_ += drift_us;
      send(kSecond);
      if (second > 300) {
        ASSERT_LE(std::abs(off()), 900'000) << second;
      }
    }
    const std::int64_t entries = std::ssize(history_) - before;
    EXPECT_GE(entries, 5);
    EXPECT_LE(entries, 9);
  }
}

TEST_F(ClockEstimateTest, AtTheEndOfSummerTimeTheClockIsSetBackAndItsErrorStays) {
  send(10 * kMinute + 7 * kSecond);
  const std::int64_t changed_at = now_us_;
  ahead_us_ -= kHourUs;
  zone_ = kWinter;
  send(10 * kMinute);
  ASSERT_EQ(history_.size(), 2U);
  EXPECT_LT(history_[1].since_us - changed_at, kSecond);
  EXPECT_EQ(history_[1].zone, kWinter);
  EXPECT_NEAR(static_cast<double>(history_[1].ahead_us - kWinter.utc_offset.value() * kSecond),
              300'000, 300'000);
}

TEST_F(ClockEstimateTest, AtItsBeginningTheClockIsSetForwardAndItsErrorStays) {
  zone_ = kWinter;
  ahead_us_ -= kHourUs;
  send(10 * kMinute);
  ahead_us_ += kHourUs;  // it is two seconds fast
  send(2 * kSecond);
  zone_ = kSummer;
  send(10 * kMinute);
  ASSERT_EQ(history_.size(), 2U);
  EXPECT_EQ(history_[1].zone, kSummer);
  EXPECT_LE(std::abs(off()), 300'000);
}

TEST_F(ClockEstimateTest, AClockThatNobodySetsAtTheEndOfSummerTimeIsAnHourWrongFromThenOn) {
  send(10 * kMinute);
  zone_ = kWinter;
  const std::int64_t changed_at = now_us_;
  send(10 * kMinute);
  ASSERT_EQ(history_.size(), 2U);
  EXPECT_LE(std::abs(history_[1].ahead_us - history_[0].ahead_us), ClockEstimate::kNewsUs);
  EXPECT_EQ(history_[1].zone, kWinter);
  EXPECT_LE(history_[1].since_us - changed_at, kMinute + kSecond);
}

TEST_F(ClockEstimateTest, AfterARestartItGoesOnFromTheNewestEntry) {
  send(10 * kMinute);
  begin_anew();
  send(10 * kMinute);
  EXPECT_EQ(history_.size(), 1U);
  begin_anew();
  ahead_us_ -= 5 * kSecond;
  const std::int64_t set_at = now_us_;
  send(2 * kMinute);
  ASSERT_EQ(history_.size(), 2U);
  EXPECT_EQ(history_[1].number, 2);
  EXPECT_LT(history_[1].since_us - set_at, kSecond);
}

TEST_F(ClockEstimateTest, AnAgentsClockThatIsSetIsToldAsWell) {
  send(10 * kMinute);
  now_us_ -= kHourUs;  // as it is told by the agent; the Linac's clock goes on
  ahead_us_ += kHourUs;
  send(5 * kMinute);
  ASSERT_EQ(history_.size(), 2U);
  EXPECT_LE(std::abs(off()), 300'000);
  now_us_ += 3 * kHourUs;
  ahead_us_ -= 3 * kHourUs;
  send(5 * kMinute);
  ASSERT_EQ(history_.size(), 3U);
  EXPECT_LE(std::abs(off()), 300'000);
}

/// Steps to and fro, drifts, outages and jitter, whatever comes.
TEST_F(ClockEstimateTest, AnyClockIsFollowed) {
  const auto any = [&](std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
  };
  for (int day = 0; day < 150; ++day) {
    std::int64_t steps = 1;
    const auto before = history_.size();
    const std::int64_t drift_us = any(0, 3) == 0 ? any(-30, 30) : 0;  // in a second
    const std::int64_t began_us = now_us_;
    while (now_us_ - began_us < kHourUs) {
      if (any(0, 3) == 0) {
        ahead_us_ +=
            any(0, 1) == 0 ? any(-3 * kHourUs, 3 * kHourUs) : any(-5 * kSecond, 5 * kSecond);
        ++steps;
      }
      if (any(0, 3) == 0) {  // the line is dead, and what the kernels held comes then
        const std::int64_t until = now_us_ + any(0, 40) * kSecond;
        for (; now_us_ < until; now_us_ += kSecond / 4) frame(until - now_us_);
      }
      if (any(0, 5) == 0) now_us_ += any(0, 5) * kHourUs;
      if (any(0, 5) == 0) begin_anew();
      const std::int64_t until = now_us_ + any(4, 8) * kMinute;
      for (; now_us_ < until; ahead_us_ += drift_us) send(kSecond, any(0, 150'000));
      ASSERT_LE(std::abs(off()), 1'000'000) << "day " << day << " after " << offered_;
    }
    // A step may be told twice where a window was begun anew; a drift of 30 us makes 0.1 s an hour.
    ASSERT_LE(std::ssize(history_) - static_cast<std::int64_t>(before), 2 * steps + 2) << day;
  }
  for (std::size_t i = 1; i < made_us_.size(); ++i) {
    ASSERT_GE(made_us_[i] - made_us_[i - 1], kMinute) << i;
    ASSERT_GE(made_at_[i] - made_at_[i - 1], ClockEstimate::kWindowFrames) << i;
  }
}

/// What a site may send has no meaning, and any number of frames.
TEST_F(ClockEstimateTest, WhateverIsSentThereIsNoMoreThanAnEntryAWindow) {
  const auto any = [&](std::int64_t from, std::int64_t to) {
    return std::uniform_int_distribution<std::int64_t>(from, to)(random_);
  };
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  std::int64_t time = 0;
  std::int64_t received = kFirstSent;
  for (int i = 0; i < 300'000; ++i) {
    switch (any(0, 7)) {
      case 0:
        time += any(-100'000, 100'000);
        break;
      case 1:
        received += any(-kMinute, 3 * kMinute);
        break;
      case 2:
        received = any(0, 1) == 0 ? any(0, 2 * kFirstSent) : kFirstSent;
        break;
      default:
        time += any(-2, 2);
        received += any(0, 2 * kMinute);
    }
    const bool absurd = i % 1'000 < 100;
    offer(absurd && any(0, 1) == 0 ? any(kLeast, kMost) : time,
          absurd ? any(kLeast, kMost) : received);
    if (any(0, 500) == 0) time = 0;
  }
  EXPECT_GT(history_.size(), 100U);
  for (std::size_t i = 1; i < history_.size(); ++i) {
    ASSERT_GE(made_at_[i] - made_at_[i - 1], ClockEstimate::kWindowFrames) << i;
    ASSERT_EQ(history_[i].number, history_[i - 1].number + 1);
  }
}

}  // namespace
}  // namespace icom::store
