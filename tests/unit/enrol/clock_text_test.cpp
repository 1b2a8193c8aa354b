#include "agent/enrol/clock_text.hpp"

#include <gmock/gmock.h>

namespace icom::enrol {
namespace {

TEST(ClockTextTest, ClocksThatAgreeWithinAMinuteAreNotSpokenOf) {
  for (const int difference : {-60, 0, 60}) EXPECT_EQ(clock_text(1000, 1000 + difference), "");
}

TEST(ClockTextTest, ClockThatIsOffIsSaidToBeAheadOrBehind) {
  EXPECT_THAT(clock_text(1000, 1061), testing::HasSubstr("61 s behind"));
  EXPECT_THAT(clock_text(1000, 0), testing::HasSubstr("1000 s ahead of"));
  EXPECT_THAT(clock_text(1000, 9'100), testing::HasSubstr("2 hours behind"));
  EXPECT_THAT(clock_text(0, 34'560'000), testing::HasSubstr("400 days behind"));
}

}  // namespace
}  // namespace icom::enrol
