#include "agent/listen/reconnect_pace.hpp"

#include <gtest/gtest.h>

namespace icom::listen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ReconnectPace, IsAtOnceAfterAConnectionThatLasted) {
  ReconnectPace pace({}, 1);
  EXPECT_EQ(pace.next(seconds(5)), milliseconds(0));
}

TEST(ReconnectPace, GrowsUpToTheLimitWithJitterAndNeverFallsToNothing) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    ReconnectPace pace({}, seed);
    milliseconds ceiling(250);
    for (int i = 0; i < 10; ++i) {
      const auto delay = pace.next(milliseconds(0));
      EXPECT_GE(delay, ceiling / 2);
      EXPECT_LE(delay, ceiling);
      ceiling = std::min(milliseconds(5000), ceiling * 2);
    }
  }
}

TEST(ReconnectPace, ConnectionsThatDropAtOnceDoNotStartItOver) {
  ReconnectPace pace({}, 1);
  for (int i = 0; i < 8; ++i) pace.next(milliseconds(1));
  EXPECT_GE(pace.next(milliseconds(1)), milliseconds(2500));
}

TEST(ReconnectPace, StartsOverAfterAConnectionThatLasted) {
  ReconnectPace pace({}, 1);
  for (int i = 0; i < 8; ++i) pace.next(milliseconds(0));
  pace.next(seconds(60));
  EXPECT_LE(pace.next(milliseconds(0)), milliseconds(250));
}

}  // namespace
}  // namespace icom::listen
