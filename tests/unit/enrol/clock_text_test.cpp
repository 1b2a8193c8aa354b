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
}

}  // namespace
}  // namespace icom::enrol
