#include "agent/listen/silence_limit.hpp"

#include <gtest/gtest.h>

namespace icom::listen {
namespace {

using std::chrono::seconds;

TEST(SilenceLimitTest, DoublesUpToAMinuteAndIsShortAgainOnceTheLinacSends) {
  SilenceLimit limit({});
  for (const int expected : {10, 20, 40, 60, 60, 60}) {
    EXPECT_EQ(limit.now(false), seconds(expected));
    limit.given_up();
  }
  limit.received();
  EXPECT_EQ(limit.now(false), seconds(10));
}

TEST(SilenceLimitTest, StaysShortWithAPatientOpen) {
  SilenceLimit limit({});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(limit.now(true), seconds(10));
    limit.given_up();
  }
  EXPECT_EQ(limit.now(false), seconds(60));
}

}  // namespace
}  // namespace icom::listen
