// The connections of a forward that share its rate.
#include "agent/forward/paced_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <vector>

namespace icom::forward {
namespace {

using ::testing::ElementsAre;

/// So slow that what has to wait does so for longer than any test.
constexpr std::uint64_t kSlow = 10;
constexpr std::size_t kMuch = 100'000;

class PacedLineTest : public ::testing::Test {
 protected:
  ~PacedLineTest() override {
    line_.set_rate(std::nullopt);
    settle();  // whoever waits still, after a failure, uses what goes now
  }

  /// Its number is in `passed_` once it had its turn, or left.
  PacedLine::Place& stand_in_line(std::size_t bytes) {
    const std::size_t number = places_.size();
    PacedLine::Place& place = places_.emplace_back(io_.get_executor());
    const auto wait = [](PacedLineTest& test, std::size_t who,
                         std::size_t many) -> boost::asio::awaitable<void> {
      co_await test.line_.wait_for_turn(test.places_[who], many);
      test.passed_.push_back(who);
    };
    boost::asio::co_spawn(io_, wait(*this, number, bytes), boost::asio::detached);
    return place;
  }
  /// All that can be done without waiting.
  void settle() {
    io_.restart();
    io_.poll();
  }
  void run_until_all_have_passed() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    io_.restart();
    while (passed_.size() < places_.size() && std::chrono::steady_clock::now() < until) {
      io_.run_one_until(until);
    }
  }

  boost::asio::io_context io_;  // the places' timers are of it
  PacedLine line_;
  std::deque<PacedLine::Place> places_;
  std::vector<std::size_t> passed_;
};

TEST_F(PacedLineTest, WithoutARateNobodyWaits) {
  EXPECT_FALSE(line_.is_limited());
  EXPECT_EQ(line_.portion(kMuch), kMuch);
  for (int i = 0; i < 3; ++i) stand_in_line(kMuch);
  settle();
  EXPECT_THAT(passed_, ElementsAre(0, 1, 2));
}

TEST_F(PacedLineTest, GoOneAfterTheOtherInTheOrderInWhichTheyCame) {
  line_.set_rate(100'000);
  for (int i = 0; i < 8; ++i) stand_in_line(line_.portion(kMuch));
  settle();
  EXPECT_LT(passed_.size(), 8U);
  run_until_all_have_passed();
  EXPECT_THAT(passed_, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST_F(PacedLineTest, WhoLeavesTakesNothingAlong) {
  line_.set_rate(kSlow);
  stand_in_line(1);
  for (int i = 0; i < 3; ++i) stand_in_line(kMuch);
  settle();
  ASSERT_THAT(passed_, ElementsAre(0));
  for (std::size_t i = 3; i >= 1; --i) places_[i].leave();
  settle();
  stand_in_line(1);
  run_until_all_have_passed();
  EXPECT_EQ(passed_.back(), 4U);
  EXPECT_EQ(passed_.size(), 5U);
}

TEST_F(PacedLineTest, WhoeverLeavesTheOthersKeepTheirOrder) {
  for (std::size_t gone = 1; gone <= 3; ++gone) {
    SCOPED_TRACE(gone);
    passed_.clear();
    places_.clear();
    line_.set_rate(std::nullopt);
    line_.set_rate(kSlow);
    stand_in_line(1);
    for (int i = 0; i < 3; ++i) stand_in_line(1);
    settle();
    ASSERT_THAT(passed_, ElementsAre(0));
    places_[gone].leave();
    run_until_all_have_passed();
    std::vector<std::size_t> stayed = passed_;
    std::erase(stayed, gone);
    ASSERT_EQ(stayed.size(), 3U);
    EXPECT_TRUE(std::ranges::is_sorted(stayed));
  }
}

TEST_F(PacedLineTest, WhoHasLeftDoesNotWaitAgain) {
  line_.set_rate(kSlow);
  stand_in_line(kMuch);
  settle();
  ASSERT_THAT(passed_, ElementsAre(0)) << "into debt";
  PacedLine::Place& left = stand_in_line(1);
  settle();
  ASSERT_THAT(passed_, ElementsAre(0));
  left.leave();
  settle();
  EXPECT_THAT(passed_, ElementsAre(0, 1));
}

TEST_F(PacedLineTest, WhatIsGivenBackIsTheNextOnesAtOnce) {
  line_.set_rate(kSlow);
  stand_in_line(kMuch);
  stand_in_line(1);
  settle();
  ASSERT_THAT(passed_, ElementsAre(0));
  line_.give_back(kMuch);
  settle();
  EXPECT_THAT(passed_, ElementsAre(0, 1));
}

TEST_F(PacedLineTest, AnotherRateCountsForWhoWaits) {
  line_.set_rate(kSlow);
  for (int i = 0; i < 4; ++i) stand_in_line(kMuch);
  settle();
  ASSERT_THAT(passed_, ElementsAre(0));
  line_.set_rate(1'000'000'000);
  run_until_all_have_passed();
  EXPECT_THAT(passed_, ElementsAre(0, 1, 2, 3));
}

TEST_F(PacedLineTest, NoRateAnyMoreLetsAllGo) {
  line_.set_rate(kSlow);
  for (int i = 0; i < 4; ++i) stand_in_line(kMuch);
  settle();
  ASSERT_THAT(passed_, ElementsAre(0));
  line_.set_rate(std::nullopt);
  settle();
  EXPECT_EQ(passed_.size(), 4U);
}

}  // namespace
}  // namespace icom::forward
