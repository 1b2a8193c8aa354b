#include "agent/listen/given_up.hpp"

#include <gtest/gtest.h>

namespace icom::listen {
namespace {

TEST(GivenUpTest, BothPlacesAreNamedAndNoneThatGaveUpNothing) {
  GivenUp given_up;
  EXPECT_TRUE(given_up.none());
  given_up.queue = {.frames = 23'770, .frames_with_patient = 23'770, .junk_bytes = 0};
  EXPECT_EQ(text_of(given_up),
            "23770 frames, 23770 of them with a patient before they came to the spool, whose disk "
            "was too slow; holes in the spool tell the gateway how many frames");
  given_up += {.queue = {}, .spool = {.frames = 5, .frames_with_patient = 0, .junk_bytes = 9}};
  EXPECT_EQ(text_of(given_up),
            "23770 frames, 23770 of them with a patient before they came to the spool, whose disk "
            "was too slow; 5 frames, 0 of them with a patient, and 9 bytes of junk in the spool, "
            "which was at its bound or its disk full; holes in the spool tell the gateway how many "
            "frames");
}

TEST(GivenUpTest, ItsBeginningIsSaidAtOnceAndHowItGoesOnOnceAMinute) {
  GivenUpLines lines;
  GivenUpLines::Clock::time_point now{std::chrono::hours(1)};
  GivenUpPart so_far;
  EXPECT_FALSE(lines.admit(so_far, now));
  so_far.frames = 1;
  EXPECT_TRUE(lines.admit(so_far, now));
  so_far.frames = 700;
  now += std::chrono::seconds(59);
  EXPECT_FALSE(lines.admit(so_far, now));
  now += std::chrono::seconds(1);
  EXPECT_TRUE(lines.admit(so_far, now));
  now += std::chrono::hours(1);
  EXPECT_FALSE(lines.admit(so_far, now)) << "nothing was given up since";
  so_far.junk_bytes = 1;
  EXPECT_TRUE(lines.admit(so_far, now));
}

}  // namespace
}  // namespace icom::listen
