#include "agent/listen/reconnect_pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace icom::listen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ReconnectPace, IsAtOnceAfterAConnectionThatLasted) {
  ReconnectPace pace({}, 1);
  EXPECT_EQ(pace.next(seconds(5), false), milliseconds(0));
}

TEST(ReconnectPace, GrowsUpToTheLimitWithJitterAndNeverFallsToNothing) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    ReconnectPace pace({}, seed);
    milliseconds ceiling(250);
    for (int i = 0; i < 10; ++i) {
      const auto delay = pace.next(milliseconds(0), false);
      EXPECT_GE(delay, ceiling / 2);
      EXPECT_LE(delay, ceiling);
      ceiling = std::min(milliseconds(5000), ceiling * 2);
    }
  }
}

TEST(ReconnectPace, ConnectionsThatDropAtOnceDoNotStartItOver) {
  ReconnectPace pace({}, 1);
  for (int i = 0; i < 8; ++i) pace.next(milliseconds(1), false);
  EXPECT_GE(pace.next(milliseconds(1), false), milliseconds(2500));
}

TEST(ReconnectPace, StartsOverAfterAConnectionThatLasted) {
  ReconnectPace pace({}, 1);
  for (int i = 0; i < 8; ++i) pace.next(milliseconds(0), false);
  pace.next(seconds(60), false);
  EXPECT_LE(pace.next(milliseconds(0), false), milliseconds(250));
}

TEST(ReconnectPace, AfterAConnectionThatBroughtAFrameIsAtOnceButOncePerSecondAtMost) {
  for (const milliseconds lasted : {milliseconds(0), milliseconds(1), milliseconds(999),
                                    milliseconds(1000), milliseconds(3000), milliseconds(4999)}) {
    ReconnectPace pace({}, 1);
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(pace.next(lasted, true), std::max(milliseconds(0), seconds(1) - lasted));
    }
  }
}

TEST(ReconnectPace, StartsOverAfterAConnectionThatBroughtAFrame) {
  ReconnectPace pace({}, 1);
  for (int i = 0; i < 8; ++i) pace.next(milliseconds(0), false);
  pace.next(seconds(3), true);
  EXPECT_LE(pace.next(milliseconds(0), false), milliseconds(250));
}

}  // namespace
}  // namespace icom::listen
