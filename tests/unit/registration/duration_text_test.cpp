#include "gateway/registration/duration_text.hpp"

#include <gtest/gtest.h>

namespace icom::registration {
namespace {

TEST(DurationTextTest, MinutesHoursAndDaysAreRead) {
  EXPECT_EQ(parse_duration("1m"), 60);
  EXPECT_EQ(parse_duration("12h"), 43'200);
  EXPECT_EQ(parse_duration("7d"), 604'800);
  EXPECT_EQ(parse_duration("90d"), 7'776'000);
}

TEST(DurationTextTest, AnythingElseIsNone) {
  for (const char* text : {"", "d", "7", "0d", "-1d", "7 d", "7D", "1.5h", "91d", "7dd", "7s",
                           "99999999999d", "129601m", "+7d"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace icom::registration
