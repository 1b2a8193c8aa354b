#include "common/zone/time_zone.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <thread>
#include <vector>

namespace icom {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kFirstOfJanuary2026 = 1767225600;
constexpr std::int64_t kFirstOfJuly2026 = 1782864000;
// Berlin, 2026: 02:30 on 25 October comes twice, and on 29 March not at all.
constexpr std::int64_t kTwice = 1792895400;
constexpr std::int64_t kSkipped = 1774751400;

std::int64_t offset_at(const std::string& zone, std::int64_t utc) {
  return TimeZone::find(zone).value().offset_at(utc);
}

TEST(TimeZoneTest, IsAheadOfUtcByWhatItIsAtThatTimeOfTheYear) {
  EXPECT_EQ(offset_at("Australia/Sydney", kFirstOfJanuary2026), 11 * kHour);
  EXPECT_EQ(offset_at("Australia/Sydney", kFirstOfJuly2026), 10 * kHour);
  EXPECT_EQ(offset_at("America/New_York", kFirstOfJanuary2026), -5 * kHour);
  EXPECT_EQ(offset_at("Asia/Kolkata", kFirstOfJuly2026), 5 * kHour + kHour / 2);
  EXPECT_EQ(offset_at("UTC", kFirstOfJuly2026), 0);
  EXPECT_EQ(offset_at("US/Pacific", kFirstOfJuly2026), -7 * kHour);
}

TEST(TimeZoneTest, AClockOutsideOfAChangeNeedsNothingElse) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  for (const std::int64_t about : {kFirstOfJanuary2026, kFirstOfJuly2026}) {
    EXPECT_EQ(berlin.offset_of(kFirstOfJuly2026, about), 2 * kHour);
    EXPECT_EQ(berlin.offset_of(kFirstOfJanuary2026, about), kHour);
  }
  EXPECT_FALSE(berlin.is_ambiguous(kFirstOfJuly2026));
}

TEST(TimeZoneTest, InTheHourThatComesTwiceTheNearerOneIsMeant) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  EXPECT_TRUE(berlin.is_ambiguous(kTwice));
  const std::int64_t summer = kTwice - 2 * kHour;
  const std::int64_t winter = kTwice - kHour;
  for (const std::int64_t off : {-900, 0, 900}) {
    EXPECT_EQ(berlin.offset_of(kTwice, summer + off), 2 * kHour);
    EXPECT_EQ(berlin.offset_of(kTwice, winter + off), kHour);
  }
}

TEST(TimeZoneTest, InTheHourThatIsSkippedAClockWasSetTooEarlyOrTooLate) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  EXPECT_TRUE(berlin.is_ambiguous(kSkipped));
  EXPECT_EQ(berlin.offset_of(kSkipped, kSkipped - kHour), kHour);
  EXPECT_EQ(berlin.offset_of(kSkipped, kSkipped - 2 * kHour), 2 * kHour);
}

TEST(TimeZoneTest, WhatTheMachineDoesNotHaveIsNoZone) {
  for (const char* name : {"", "Europe/Nowhere", "../../../etc/passwd", "europe/berlin"}) {
    EXPECT_FALSE(TimeZone::find(name)) << name;
  }
}

TEST(TimeZoneTest, ReachesFromTheFirstToTheLastYear) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  for (const std::int64_t local : {-62167219200LL, -62135596800LL, 253402300799LL}) {
    EXPECT_LT(std::abs(berlin.offset_of(local, 0)), 24 * kHour);
  }
}

TEST(TimeZoneTest, AStretchEndsWhereTheClockIsChanged) {
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  const auto summer = berlin.around(kFirstOfJuly2026).value();
  EXPECT_EQ(summer.offset, 2 * kHour);
  EXPECT_EQ(summer.from, kSkipped + kHour / 2);  // 03:00 on 29 March
  EXPECT_EQ(summer.until, kTwice - kHour / 2);   // 02:00 on 25 October
  EXPECT_FALSE(berlin.around(summer.until));
  EXPECT_FALSE(berlin.around(summer.from - 1));
  const auto winter = berlin.around(kTwice + kHour / 2).value();
  EXPECT_EQ(winter.offset, kHour);
  EXPECT_EQ(winter.from, kTwice + kHour / 2);  // 03:00
  EXPECT_EQ(berlin.around(winter.from - kHour - 1).value().until, summer.until);
  EXPECT_EQ(berlin.around(summer.from - kHour - 1).value().offset, kHour);
}

TEST(TimeZoneTest, AStretchOfWhichNothingIsKnownHasNoOffset) {
  const TimeZone sydney = TimeZone::find("Australia/Sydney").value();
  for (const std::int64_t local : {9'224'318'015LL, -2'400'000'000LL, -62'167'219'200LL}) {
    const auto stretch = sydney.around(local).value();
    EXPECT_EQ(stretch.offset, std::nullopt) << local;
    EXPECT_LE(stretch.from, local);
    EXPECT_GT(stretch.until, local);
  }
  const auto always = TimeZone::find("UTC").value().around(0).value();
  EXPECT_EQ(always.offset, 0);
  EXPECT_EQ(always.until, 2'145'916'800);
}

/// Two changes in a year, so each of its seconds is in one of few stretches, or ambiguous.
TEST(TimeZoneTest, WithinAStretchTheOffsetIsTheSame) {
  for (const char* const name : {"Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"}) {
    const TimeZone zone = TimeZone::find(name).value();
    for (std::int64_t local = kFirstOfJanuary2026; local < kFirstOfJanuary2026 + 366 * 24 * kHour;
         local += kHour / 4) {
      const auto stretch = zone.around(local);
      EXPECT_EQ(stretch.has_value(), !zone.is_ambiguous(local)) << name << local;
      if (!stretch) continue;
      EXPECT_LE(stretch->from, local) << name;
      EXPECT_GT(stretch->until, local) << name;
      EXPECT_EQ(stretch->offset, zone.offset_of(local, local)) << name;
      EXPECT_FALSE(zone.is_ambiguous(stretch->from));
      EXPECT_FALSE(zone.is_ambiguous(stretch->until - 1));
      EXPECT_EQ(zone.offset_of(stretch->from, local), stretch->offset);
      EXPECT_EQ(zone.offset_of(stretch->until - 1, local), stretch->offset);
    }
  }
}

TEST(TimeZoneTest, NoThreadChangesTheZoneOfAnother) {
  const auto local = [] {
    const std::time_t time = kFirstOfJuly2026;
    std::tm broken_down{};
    return ::localtime_r(&time, &broken_down)->tm_gmtoff;
  };
  const std::int64_t own = local();
  std::vector<std::thread> threads;
  for (const char* zone : {"Asia/Kolkata", "Europe/Berlin", "Australia/Sydney", "Asia/Kolkata"}) {
    threads.emplace_back([zone, expected = offset_at(zone, kFirstOfJuly2026)] {
      for (int i = 0; i < 200; ++i) EXPECT_EQ(offset_at(zone, kFirstOfJuly2026), expected);
    });
  }
  for (int i = 0; i < 200; ++i) EXPECT_EQ(local(), own);
  for (std::thread& thread : threads) thread.join();
}

TEST(OffsetTextTest, HasHoursAndMinutesAndSecondsWhereThereAreSome) {
  EXPECT_EQ(offset_text(11 * kHour), "+11:00");
  EXPECT_EQ(offset_text(-(3 * kHour + kHour / 2)), "-03:30");
  EXPECT_EQ(offset_text(0), "+00:00");
  EXPECT_EQ(offset_text(3208), "+00:53:28");
}

}  // namespace
}  // namespace icom
