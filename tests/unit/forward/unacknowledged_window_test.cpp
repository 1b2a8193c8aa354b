#include "agent/forward/unacknowledged_window.hpp"

#include <gtest/gtest.h>

namespace icom::forward {
namespace {

using std::chrono::milliseconds;
using Clock = UnacknowledgedWindow::Clock;

constexpr std::size_t kFrame = 1000 - UnacknowledgedWindow::kEntryCost;  // counts 1000
const Clock::time_point kNow{};

TEST(UnacknowledgedWindowTest, StopsAtItsBound) {
  UnacknowledgedWindow window(10'000, 1);
  std::uint64_t seq = 0;
  while (window.admits(1, kFrame)) window.sent(1, 7, ++seq, kFrame, kNow);
  EXPECT_EQ(seq, 10U);
  EXPECT_EQ(window.bytes(), 10'000U);
}

TEST(UnacknowledgedWindowTest, EntryLargerThanTheWindowGoesAlone) {
  UnacknowledgedWindow window(10'000, 1);
  EXPECT_TRUE(window.admits(1, 50'000));
  window.sent(1, 7, 1, 50'000, kNow);
  EXPECT_FALSE(window.admits(1, 1));
  window.acknowledge(1, 7, 1, kNow);
  EXPECT_TRUE(window.empty());
  EXPECT_TRUE(window.admits(1, 50'000));
}

TEST(UnacknowledgedWindowTest, WhatWasJustSentIsToldFromWhatWaitsLonger) {
  UnacknowledgedWindow window(10'000, 1);
  EXPECT_EQ(window.bytes_sent_after(1, kNow), 0U);
  window.sent(1, 7, 1, kFrame, kNow);
  window.sent(1, 7, 2, kFrame, kNow + milliseconds(500));
  window.sent(1, 7, 3, kFrame, kNow + milliseconds(900));
  EXPECT_EQ(window.bytes_sent_after(1, kNow), 2'000U);
  window.acknowledge(1, 7, 2, kNow + milliseconds(950));
  EXPECT_EQ(window.bytes_sent_after(1, kNow), 1'000U);
  EXPECT_EQ(window.bytes_sent_after(2, kNow), 0U);
}

TEST(UnacknowledgedWindowTest, EntriesWithoutBytesAreBoundedToo) {
  UnacknowledgedWindow window(10'000, 1);
  std::uint64_t seq = 0;
  while (window.admits(1, 0) && seq < 100'000) window.sent(1, 7, ++seq, 0, kNow);
  EXPECT_EQ(seq, 10'000 / UnacknowledgedWindow::kEntryCost);
}

TEST(UnacknowledgedWindowTest, BacklogOfSomeLeavesEachOtherLinacItsReserve) {
  UnacknowledgedWindow window(80'000, 10);  // each has 2,000 to itself
  std::uint64_t seq = 0;
  while (window.admits(1, kFrame) || window.admits(2, kFrame)) {
    ++seq;
    if (window.admits(1, kFrame)) window.sent(1, 7, seq, kFrame, kNow);
    if (window.admits(2, kFrame)) window.sent(2, 7, seq, kFrame, kNow);
  }
  for (std::uint32_t live = 3; live <= 10; ++live) {
    EXPECT_TRUE(window.admits(live, kFrame)) << live;
    window.sent(live, 7, 1, kFrame, kNow);
    window.sent(live, 7, 2, kFrame, kNow);
    EXPECT_FALSE(window.admits(live, kFrame)) << live;
  }
  EXPECT_LE(window.bytes(), 80'000U);
}

TEST(UnacknowledgedWindowTest, AckCoversEverythingUpToIt) {
  UnacknowledgedWindow window(100'000, 1);
  for (std::uint64_t seq = 1; seq <= 10; ++seq) window.sent(1, 7, seq, kFrame, kNow);
  const auto advance = window.acknowledge(1, 7, 4, kNow + milliseconds(5));
  ASSERT_TRUE(advance);
  EXPECT_EQ(advance->run, 7U);
  EXPECT_EQ(advance->seq, 4U);
  EXPECT_EQ(advance->entries, 4U);
  EXPECT_EQ(advance->round_trip, milliseconds(5));
  EXPECT_EQ(window.bytes(), 6000U);
}

TEST(UnacknowledgedWindowTest, AckOfANewerRunCoversTheOlder) {
  UnacknowledgedWindow window(100'000, 1);
  window.sent(1, 7, 9, kFrame, kNow);
  window.sent(1, 8, 1, kFrame, kNow);
  window.sent(1, 8, 2, kFrame, kNow);
  const auto advance = window.acknowledge(1, 8, 1, kNow);
  ASSERT_TRUE(advance);
  EXPECT_EQ(advance->entries, 2U);
  EXPECT_EQ(window.bytes(), 1000U);
}

TEST(UnacknowledgedWindowTest, AckWithoutRunMeansTheOldestRunOnItsWay) {
  UnacknowledgedWindow window(100'000, 1);
  window.sent(1, 7, 9, kFrame, kNow);
  window.sent(1, 8, 1, kFrame, kNow);
  const auto advance = window.acknowledge(1, 0, 9, kNow);
  ASSERT_TRUE(advance);
  EXPECT_EQ(advance->run, 7U);
  EXPECT_EQ(advance->seq, 9U);
}

TEST(UnacknowledgedWindowTest, RepeatedAckIsNoNews) {
  UnacknowledgedWindow window(100'000, 1);
  window.sent(1, 7, 1, kFrame, kNow);
  EXPECT_TRUE(window.acknowledge(1, 7, 1, kNow));
  EXPECT_TRUE(window.plausible(1, 7, 1));
  EXPECT_FALSE(window.acknowledge(1, 7, 1, kNow));
}

TEST(UnacknowledgedWindowTest, PositionThatWasNeverSentIsImplausible) {
  UnacknowledgedWindow window(100'000, 1);
  EXPECT_FALSE(window.plausible(1, 7, 1));
  window.sent(1, 7, 1, kFrame, kNow);
  EXPECT_TRUE(window.plausible(1, 7, 1));
  EXPECT_TRUE(window.plausible(1, 0, 1));
  EXPECT_FALSE(window.plausible(1, 7, 2));
  EXPECT_FALSE(window.plausible(1, 0, 2));
  EXPECT_FALSE(window.plausible(1, 8, 1));
  EXPECT_FALSE(window.plausible(2, 7, 1));
  window.stored(2, 9, 40);
  EXPECT_TRUE(window.plausible(2, 9, 40));
  EXPECT_FALSE(window.plausible(2, 9, 41));
}

TEST(UnacknowledgedWindowTest, ForgottenLinacGivesItsRoomBack) {
  UnacknowledgedWindow window(4000, 2);
  window.sent(1, 7, 1, kFrame, kNow);
  window.sent(1, 7, 2, kFrame, kNow);
  window.forget(1);
  EXPECT_TRUE(window.empty());
  EXPECT_TRUE(window.plausible(1, 7, 2)) << "its late ack is no offence";
  EXPECT_FALSE(window.acknowledge(1, 7, 2, kNow));
}

}  // namespace
}  // namespace icom::forward
