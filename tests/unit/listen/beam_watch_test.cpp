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

TEST_F(BeamWatchTest, NoPatientNoBeam) {
  frame("1.0");
  frame("1.5");
  frame("1.5", false);
  EXPECT_FALSE(on());
}

TEST_F(BeamWatchTest, ThePatientWhoComesBackIsWaitedForAgain) {
  frame("1.5");
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

TEST_F(BeamWatchTest, WithoutAConnectionNothingCanBeDisturbed) {
  frame("1.5");
  watch_.disconnected();
  EXPECT_FALSE(on());
}

}  // namespace
}  // namespace icom::listen
