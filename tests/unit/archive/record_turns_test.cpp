#include "gateway/archive/record_turns.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace icom::archive {
namespace {

using namespace std::chrono_literals;

constexpr RecordTurns::Clock::time_point kStart{1000h};
constexpr std::size_t kMany = 1000;

/// The records that are next, each finished at once, with a file made.
std::vector<std::int64_t> all_turns(RecordTurns& turns, RecordTurns::Clock::time_point now) {
  std::vector<std::int64_t> records;
  while (const auto turn = turns.next(now)) {
    records.push_back(turn->record);
    turns.finished(*turn, true, now);
  }
  return records;
}

TEST(RecordTurns, SitesTakeTurnsWhateverOneHasWaiting) {
  RecordTurns turns(100, kMany);
  for (std::int64_t record = 1; record <= 5; ++record) turns.add("a", record, true);
  turns.add("b", 6, true);
  turns.add("b", 7, true);
  turns.add("c", 8, true);
  turns.add("a", 1, true);  // waits already
  EXPECT_EQ(turns.waiting(), 8U);
  EXPECT_EQ(all_turns(turns, kStart), (std::vector<std::int64_t>{1, 6, 8, 2, 7, 3, 4, 5}));
  EXPECT_EQ(turns.waiting(), 0U);
  EXPECT_EQ(turns.next_time(kStart), std::nullopt);
}

TEST(RecordTurns, ARecordOfManyStepsTakesItsSitesTurnsOnly) {
  RecordTurns turns(100, kMany);
  turns.add("a", 1, true);
  turns.add("a", 2, true);
  turns.add("b", 3, true);
  turns.add("b", 4, true);
  const auto begun = turns.next(kStart);
  EXPECT_EQ(begun->record, 1);
  EXPECT_TRUE(begun->begins);
  const auto other = turns.next(kStart);
  EXPECT_EQ(other->record, 3);
  turns.finished(*other, true, kStart);
  const auto goes_on = turns.next(kStart);
  EXPECT_EQ(goes_on->record, 1);
  EXPECT_FALSE(goes_on->begins);
  turns.again(*goes_on);  // it changed: after the others of its site
  EXPECT_EQ(all_turns(turns, kStart), (std::vector<std::int64_t>{4, 2, 1}));
}

TEST(RecordTurns, WhatIsAboveASitesShareOfTheHourWaitsAndNothingElseDoes) {
  RecordTurns turns(3, kMany);
  for (std::int64_t record = 1; record <= 5; ++record) turns.add("a", record, true);
  turns.add("a", 6, false);  // has a file, which is to be written again
  turns.add("b", 7, true);
  EXPECT_EQ(all_turns(turns, kStart), (std::vector<std::int64_t>{1, 7, 2, 3, 6}));
  EXPECT_EQ(turns.waiting(), 2U);
  EXPECT_EQ(turns.held(), (std::map<std::string, std::size_t>{{"a", 2}}));
  EXPECT_EQ(turns.next_time(kStart), kStart + 20min);
  EXPECT_EQ(all_turns(turns, kStart + 20min), std::vector<std::int64_t>{4});
  EXPECT_EQ(all_turns(turns, kStart + 39min), std::vector<std::int64_t>{});
  EXPECT_EQ(all_turns(turns, kStart + 40min), std::vector<std::int64_t>{5});
  EXPECT_TRUE(turns.held().empty());
}

TEST(RecordTurns, ARecordThatMadeNoFileUsesNothingUp) {
  RecordTurns turns(1, kMany);
  turns.add("a", 1, true);
  turns.add("a", 2, true);
  turns.finished(*turns.next(kStart), false, kStart);
  EXPECT_EQ(all_turns(turns, kStart), std::vector<std::int64_t>{2});
}

TEST(RecordTurns, WhatFailedIsTriedAgainAfterAWhileAndKeepsNoOtherWaiting) {
  RecordTurns turns(100, kMany);
  turns.add("a", 1, true);
  turns.add("a", 2, true);
  turns.failed(*turns.next(kStart), kStart);
  EXPECT_EQ(all_turns(turns, kStart), std::vector<std::int64_t>{2});
  EXPECT_EQ(turns.waiting(), 1U);
  turns.add("a", 1, true);  // told of once more
  EXPECT_EQ(turns.waiting(), 1U);
  auto at = turns.next_time(kStart);
  EXPECT_EQ(at, kStart + RecordTurns::kFirstRetry);
  turns.failed(*turns.next(*at), *at);
  EXPECT_EQ(turns.next_time(*at), *at + 2 * RecordTurns::kFirstRetry);
  at = turns.next_time(*at);
  EXPECT_EQ(all_turns(turns, *at), std::vector<std::int64_t>{1});
}

TEST(RecordTurns, OfASiteSoManyAreRememberedAndTheOthersCountedUntilTheTablesAreCompared) {
  RecordTurns turns(100, 4);
  turns.begin_comparison();
  for (std::int64_t record = 1; record <= 9; ++record) turns.add("a", record, true);
  turns.add("b", 10, true);
  turns.end_comparison();
  EXPECT_EQ(turns.waiting(), 10U);
  turns.add("a", 11, true);  // younger than those that are only counted
  turns.add("a", 5, true);   // one of these, told of once more
  EXPECT_EQ(turns.waiting(), 10U);
  EXPECT_FALSE(turns.needs_comparison());
  EXPECT_EQ(all_turns(turns, kStart), (std::vector<std::int64_t>{1, 10, 2, 3, 4}));
  EXPECT_EQ(turns.waiting(), 5U);
  EXPECT_TRUE(turns.needs_comparison());
  turns.begin_comparison();
  for (const std::int64_t record : {5, 6, 7, 8, 9, 11}) turns.add("a", record, true);
  turns.end_comparison();
  EXPECT_EQ(turns.waiting(), 6U);
  EXPECT_FALSE(turns.needs_comparison());
  EXPECT_EQ(all_turns(turns, kStart), (std::vector<std::int64_t>{5, 6, 7, 8}));
  turns.begin_comparison();
  for (const std::int64_t record : {9, 11}) turns.add("a", record, true);
  turns.end_comparison();
  EXPECT_EQ(all_turns(turns, kStart), (std::vector<std::int64_t>{9, 11}));
  EXPECT_EQ(turns.waiting(), 0U);
  EXPECT_FALSE(turns.needs_comparison());
}

TEST(RecordTurns, OneIsCountedAtLeastWhereMoreAreToldOfThanAreRemembered) {
  RecordTurns turns(100, 2);
  for (std::int64_t record = 1; record <= 5; ++record) turns.add("a", record, true);
  EXPECT_EQ(turns.waiting(), 3U);
  EXPECT_EQ(all_turns(turns, kStart), (std::vector<std::int64_t>{1, 2}));
  EXPECT_TRUE(turns.needs_comparison());
}

TEST(RecordTurns, WhatIsToBeWrittenAgainDoesNotWaitForNewOnesThatFillTheirShare) {
  RecordTurns turns(1, 2);
  turns.begin_comparison();
  for (std::int64_t record = 1; record <= 5; ++record) turns.add("a", record, true);
  turns.end_comparison();
  EXPECT_EQ(all_turns(turns, kStart), std::vector<std::int64_t>{1});
  EXPECT_EQ(turns.held(), (std::map<std::string, std::size_t>{{"a", 4}}));
  turns.add("a", 6, false);
  EXPECT_EQ(all_turns(turns, kStart), std::vector<std::int64_t>{6});
}

TEST(HourlyAllowance, WhatWasNotUsedIsSavedForAnHourAndNoLonger) {
  HourlyAllowance allowance(60);
  const auto use_all = [&allowance](HourlyAllowance::Clock::time_point now) {
    int used = 0;
    for (; allowance.is_left(now); ++used) allowance.use(now);
    return used;
  };
  EXPECT_EQ(use_all(kStart), 60);
  EXPECT_EQ(allowance.next(kStart), kStart + 1min);
  EXPECT_EQ(use_all(kStart + 10min), 10);
  EXPECT_EQ(use_all(kStart + 10h), 60);
}

}  // namespace
}  // namespace icom::archive
