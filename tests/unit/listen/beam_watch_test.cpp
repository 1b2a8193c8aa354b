#include "agent/listen/beam_watch.hpp"

#include <gtest/gtest.h>

#include "tests/unit/icom/frame_builder.hpp"

namespace icom::listen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BeamWatchTest : public ::testing::Test {
 protected:
  /// A frame with these Delivery MU, a quarter of a second after the one before.
  void frame(const std::string& mu, bool has_patient = true) {
    now_ += milliseconds(250);
    test::FrameSpec spec;
    if (has_patient) spec.items.push_back({0x0010, 0x0020, "LO", 'P', "100234"});
    if (!mu.empty()) spec.items.push_back({0x3008, 0x0032, "DS", 'R', mu});
    watch_.see(test::build_frame(spec), has_patient, now_);
  }
  void wait(milliseconds time) { now_ += time; }
  [[nodiscard]] bool on() const { return watch_.beam_may_be_on(now_); }

  BeamWatch watch_;
  BeamWatch::Clock::time_point now_{seconds(1000)};
};

TEST_F(BeamWatchTest, NothingIsOnBeforeTheFirstFrame) {
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, ABeamMayBeOnWhileMuRiseAndTenSecondsLonger) {
  frame("1.0");
  frame("1.5");
  wait(BeamWatch::kQuiet - milliseconds(1));
  EXPECT_TRUE(on());
  wait(milliseconds(1));
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, FramesWithTheSameMuDoNotProlongIt) {
  frame("1.0");
  for (int i = 0; i < 39; ++i) frame("1.0");
  EXPECT_TRUE(on());
  frame("1.0");
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, ANewBeamThatBeginsAtZeroCountsFromItsBeginning) {
  frame("90.0");
  wait(seconds(60));
  frame("0.0");
  EXPECT_TRUE(on());
}

TEST_F(BeamWatchTest, OfAPatientSeenForTheFirstTimeABeamMayBeOn) {
  frame("50.0");
  EXPECT_TRUE(on());
}

TEST_F(BeamWatchTest, ASecondOfFramesWithoutAPatientIsNoBeam) {
  frame("1.0");
  frame("1.5");
  for (int i = 1; i < BeamWatch::kGoneFrames; ++i) {
    frame("1.5", false);
    EXPECT_TRUE(on());
  }
  frame("1.5", false);
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, FramesWithoutAPatientInBetweenEndNoBeam) {
  for (int i = 0; i < 400; ++i) {
    frame(std::to_string(i), i % 40 != 39);
    ASSERT_TRUE(on());
  }
}

TEST_F(BeamWatchTest, AFrameWithoutAPatientThatNoneFollowsEndsABeamOnlyWithItsTime) {
  frame("1.0");
  frame("1.5", false);
  wait(BeamWatch::kQuiet - milliseconds(251));
  EXPECT_TRUE(on());
  wait(milliseconds(1));
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, SuchAFrameDoesNotProlongIt) {
  frame("1.0");
  for (int i = 0; i < 40; ++i) frame("1.0", i % 2 == 0);
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, WhereMuHaveStoodStillAFrameWithoutAPatientIsEnough) {
  frame("1.0");
  wait(BeamWatch::kQuiet);
  frame("1.0", false);
  EXPECT_FALSE(watch_.quiet_from());
}

TEST_F(BeamWatchTest, ThePatientWhoComesBackIsWaitedForAgain) {
  frame("1.5");
  wait(BeamWatch::kQuiet);
  frame("1.5", false);
  wait(seconds(60));
  frame("1.5");
  EXPECT_TRUE(on());
}

TEST_F(BeamWatchTest, MuThatAreMissingOrNotAvailableChangeNothing) {
  frame("1.5");
  wait(seconds(9));
  frame("");
  frame("-32767");
  EXPECT_TRUE(on());
  wait(seconds(1));
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, OfAPatientWhoseMuCannotBeReadABeamMayBeOnForAsLongAsHeIsSelected) {
  watch_.connected(now_);
  for (const char* mu : {"", "12,5", "-32767", "1.234,5"}) frame(mu);
  EXPECT_TRUE(watch_.no_mu_read());
  wait(seconds(3600));
  EXPECT_TRUE(on());
  BeamWatch next;
  next.resume(watch_.state(now_), now_);
  EXPECT_TRUE(next.no_mu_read());
  for (int i = 1; i < BeamWatch::kGoneFrames; ++i) frame("", false);
  EXPECT_TRUE(on());
  frame("", false);
  EXPECT_FALSE(watch_.quiet_from());
  EXPECT_FALSE(watch_.no_mu_read());
}

TEST_F(BeamWatchTest, MuThatAreReadOnceTellWhenTheyStandStill) {
  frame("");
  frame("1.5");
  EXPECT_FALSE(watch_.no_mu_read());
  wait(BeamWatch::kQuiet);
  frame("");
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, MuOfThePatientBeforeSayNothingOfThisOnes) {
  frame("1.5");
  wait(BeamWatch::kQuiet);
  frame("", false);
  frame("12,5");
  wait(BeamWatch::kQuiet);
  EXPECT_TRUE(on());
}

TEST_F(BeamWatchTest, OfAConnectionThatHasBroughtNoFrameABeamMayBeOnForTenSeconds) {
  watch_.connected(now_);
  EXPECT_TRUE(on());
  wait(BeamWatch::kQuiet - milliseconds(1));
  EXPECT_TRUE(on());
  wait(milliseconds(1));
  EXPECT_FALSE(on());
  frame("1.0");
  EXPECT_TRUE(on()) << "the first frame with a patient counts from when it came";
  wait(BeamWatch::kQuiet - milliseconds(1));
  EXPECT_TRUE(on());
}

TEST_F(BeamWatchTest, ANewConnectionsFirstFramesWithoutAPatientAreNoBeamAfterASecondOfThem) {
  watch_.connected(now_);
  for (int i = 1; i < BeamWatch::kGoneFrames; ++i) frame("", false);
  EXPECT_TRUE(on());
  frame("", false);
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, ConnectionsThatBringNothingOneAfterTheOtherDoNotProlongIt) {
  watch_.connected(now_);
  for (int i = 0; i < 4; ++i) {
    wait(milliseconds(BeamWatch::kQuiet) / 4);
    watch_.disconnected();
    EXPECT_FALSE(on());
    watch_.connected(now_);
    EXPECT_EQ(on(), i < 3) << i;
  }
  frame("1.0");
  watch_.disconnected();
  wait(seconds(60));
  watch_.connected(now_);
  EXPECT_TRUE(on()) << "after one that brought a frame";
}

TEST_F(BeamWatchTest, WhatOneKnowsTheNextListenersKnowsToo) {
  const auto next = [this] {
    BeamWatch other;
    other.resume(watch_.state(now_), now_);
    return other;
  };
  EXPECT_FALSE(next().beam_may_be_on(now_));
  watch_.connected(now_);
  wait(seconds(1));
  EXPECT_EQ(next().quiet_from(), now_ + seconds(9));
  frame("1.5");
  wait(seconds(4));
  EXPECT_EQ(next().quiet_from(), now_ + seconds(6));
  watch_ = next();
  frame("1.5");
  EXPECT_EQ(watch_.quiet_from(), now_ - milliseconds(250) + seconds(6)) << "no change";
  frame("2.0");
  EXPECT_EQ(watch_.quiet_from(), now_ + BeamWatch::kQuiet);
  wait(seconds(3600));
  EXPECT_FALSE(next().beam_may_be_on(now_));
  frame("2.0", false);
  EXPECT_FALSE(next().quiet_from());
}

TEST_F(BeamWatchTest, WithoutAConnectionNothingCanBeDisturbed) {
  frame("1.5");
  watch_.disconnected();
  EXPECT_FALSE(on());
}

}  // namespace
}  // namespace icom::listen
