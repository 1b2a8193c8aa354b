#include "gateway/archive/processor_share.hpp"

#include <gtest/gtest.h>

namespace icom::archive {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = ProcessorShare::Time;

TEST(ProcessorShare, WhoTakesNoMoreNeverRests) {
  ProcessorShare quarter(4);
  for (int n = 1; n < 1000; ++n) {
    EXPECT_EQ(quarter.rest(milliseconds(n), milliseconds(4 * n)), Time(0));
  }
}

TEST(ProcessorShare, WhoWouldTakeAllOfItRestsThreeQuartersOfTheTime) {
  ProcessorShare quarter(4);
  Time used{0};
  Time now{0};
  while (now < seconds(100)) {
    used += milliseconds(1);
    now += milliseconds(1);
    now += quarter.rest(used, now);
  }
  EXPECT_GE(used, milliseconds(24'900));
  EXPECT_LE(used, milliseconds(25'100));
}

TEST(ProcessorShare, WhatWasNotUsedIsNotSavedUp) {
  ProcessorShare quarter(4);
  EXPECT_EQ(quarter.rest(Time(0), seconds(1'000)), Time(0));
  EXPECT_EQ(quarter.rest(seconds(1), seconds(1'001)), seconds(3));
}

}  // namespace
}  // namespace icom::archive
