#include "agent/supervise/pulse.hpp"

#include <gtest/gtest.h>

namespace icom::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PulseTest : public ::testing::Test {
 protected:
  /// Looks every half second for so long; true as soon as it hangs.
  bool hangs_within(milliseconds time, bool alive) {
    for (const auto end = now_ + time; now_ < end;) {
      now_ += timings_.look;
      if (pulse_.hangs(now_, alive)) return true;
    }
    return false;
  }

  PulseTimings timings_;
  Pulse pulse_{timings_};
  Pulse::Clock::time_point now_ = Pulse::Clock::now();
};

TEST_F(PulseTest, WhatShowsThatItLivesDoesNotHang) {
  EXPECT_FALSE(hangs_within(seconds(60), true));
}

TEST_F(PulseTest, WhatIsSilentHangsWithinFiveSeconds) {
  hangs_within(seconds(10), true);
  EXPECT_FALSE(hangs_within(milliseconds(3500), false));
  EXPECT_TRUE(hangs_within(milliseconds(1500), false));
}

TEST_F(PulseTest, SilenceBeforeTheFirstLookDoesNotCount) {
  EXPECT_FALSE(pulse_.hangs(now_, false));
  EXPECT_FALSE(hangs_within(milliseconds(3500), false));
  EXPECT_TRUE(hangs_within(milliseconds(1000), false));
}

TEST_F(PulseTest, SilenceWhileNobodyLookedDoesNotCount) {
  hangs_within(seconds(10), true);
  EXPECT_FALSE(hangs_within(milliseconds(3500), false));
  now_ += seconds(60);  // this machine slept, or this process was stopped
  EXPECT_FALSE(pulse_.hangs(now_, false));
  EXPECT_FALSE(hangs_within(milliseconds(3500), false)) << "it gets its time to be heard";
  EXPECT_TRUE(hangs_within(milliseconds(1000), false));
}

TEST_F(PulseTest, ASingleWordEndsTheSilence) {
  hangs_within(milliseconds(3500), false);
  EXPECT_FALSE(hangs_within(timings_.look, true));
  EXPECT_FALSE(hangs_within(milliseconds(3500), false));
}

TEST_F(PulseTest, WhatGoesOnHangingIsToldAgain) {
  EXPECT_TRUE(hangs_within(seconds(5), false));
  EXPECT_TRUE(hangs_within(seconds(5), false));
}

}  // namespace
}  // namespace icom::supervise
