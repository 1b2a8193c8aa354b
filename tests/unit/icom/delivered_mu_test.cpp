#include "common/icom/delivered_mu.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace icom {
namespace {

// The rule word by word, over a whole record.
struct Literal {
  double total = 0;
  bool any_control_point_left = false;
};

Literal literally(const std::vector<double>& delivery_mu) {
  std::vector<double> cumulated;
  for (std::size_t i = 0; i < delivery_mu.size(); ++i) {
    const double difference = i == 0 ? 0 : delivery_mu[i] - delivery_mu[i - 1];
    cumulated.push_back((i == 0 ? 0 : cumulated.back()) + std::max(difference, 0.0));
  }
  Literal result;
  result.total = cumulated.empty() ? 0 : cumulated.back();
  for (std::size_t i = 0; i < cumulated.size(); ++i) {
    const bool as_before = i == 0 || cumulated[i] == cumulated[i - 1];
    const bool as_after = i + 1 == cumulated.size() || cumulated[i] == cumulated[i + 1];
    result.any_control_point_left = result.any_control_point_left || !as_before || !as_after;
  }
  return result;
}

DeliveredMu delivered(const std::vector<double>& delivery_mu) {
  DeliveredMu sum;
  for (const double mu : delivery_mu) {
    sum.add(mu);
  }
  return sum;
}

TEST(DeliveredMu, CumulatesRisesAndTakesFallsAsNewBeams) {
  EXPECT_DOUBLE_EQ(delivered({0, 10, 50, 50, 0, 5, 30}).total(), 80);
  EXPECT_DOUBLE_EQ(delivered({0, 10, 50, 20, 25}).total(), 55);
}

TEST(DeliveredMu, CountsNothingForTheFirstFrame) {
  EXPECT_EQ(delivered({}).total(), 0);
  EXPECT_EQ(delivered({120}).total(), 0);
  EXPECT_DOUBLE_EQ(delivered({120, 121}).total(), 1);
}

TEST(DeliveredMu, FramesWithoutAValueChangeNothing) {
  DeliveredMu sum;
  sum.add(std::nullopt);
  sum.add(10);
  sum.add(std::nullopt);
  sum.add(12);
  sum.add(std::nullopt);
  EXPECT_DOUBLE_EQ(sum.total(), 2);
}

TEST(DeliveredMu, WhatIsNoMuAddsNothingAndSaysThatNobodyCanTell) {
  for (const double odd : {1e308, -1e308, 1.1e9, std::nan(""), -HUGE_VAL, HUGE_VAL}) {
    const DeliveredMu sum = delivered({1, odd, 3, odd, -odd, odd});
    EXPECT_DOUBLE_EQ(sum.total(), 2) << odd;
    EXPECT_TRUE(delivered({5, odd, 5}).any_control_point_left()) << odd;
  }
  EXPECT_DOUBLE_EQ(delivered({-1e9, 1e9, -1e9, 1e9}).total(), 4e9);
}

// Every record of up to seven frames over four values.
TEST(DeliveredMu, KeepsARecordExactlyWhenTheLiteralRuleLeavesAControlPoint) {
  const double values[] = {0, 0.1, 0.3, 50};
  for (std::size_t frames = 0; frames <= 7; ++frames) {
    for (unsigned pick = 0; pick < 1U << (2 * frames); ++pick) {
      std::vector<double> record;
      for (std::size_t i = 0; i < frames; ++i) {
        record.push_back(values[pick >> (2 * i) & 3U]);
      }
      const DeliveredMu sum = delivered(record);
      const Literal expected = literally(record);
      ASSERT_DOUBLE_EQ(sum.total(), expected.total);
      ASSERT_EQ(sum.any_control_point_left(), expected.any_control_point_left);
    }
  }
}

}  // namespace
}  // namespace icom
