#include "gateway/archive/share_watch.hpp"

#include <gmock/gmock.h>

namespace icom::archive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ShareWatchTest : public testing::Test {
 protected:
  /// Empty if there is nothing to say.
  std::string line() {
    const auto said = share_.line(now_, 3);
    return said ? said->text : "";
  }
  ShareWatch share_;
  ShareWatch::Clock::time_point now_ = ShareWatch::Clock::now();
};

TEST_F(ShareWatchTest, TroubleIsSaidOnceThenOnceInAWhileAndSoIsItsEnd) {
  EXPECT_EQ(line(), "");
  share_.attempted("Host is down");
  EXPECT_THAT(line(), HasSubstr("3 records wait: Host is down"));
  now_ += 59min;
  EXPECT_EQ(line(), "");
  now_ += 2min;
  EXPECT_THAT(line(), HasSubstr("Host is down"));
  share_.attempted("");
  EXPECT_THAT(line(), HasSubstr("in step"));
  EXPECT_EQ(line(), "");
}

TEST_F(ShareWatchTest, ReasonsThatChangeAllTheTimeAreSaidOnceAMinute) {
  share_.attempted("record 1");
  EXPECT_NE(line(), "");
  share_.attempted("record 2");
  EXPECT_EQ(line(), "");
  now_ += 1min;
  EXPECT_THAT(line(), HasSubstr("record 2"));
}

TEST_F(ShareWatchTest, ACallThatIsNotAnsweredIsSaidWhileItLasts) {
  {
    const ShareWatch::Call quick(share_, now_);
    const ShareWatch::Call hangs(share_, now_);
    EXPECT_EQ(line(), "");
    now_ += ShareWatch::kPatience + 1s;
    EXPECT_TRUE(share_.is_silent(now_));
    EXPECT_THAT(line(), HasSubstr("does not answer"));
    EXPECT_EQ(line(), "");
    now_ += ShareWatch::kAgain;
    EXPECT_THAT(line(), HasSubstr("does not answer"));
  }
  EXPECT_FALSE(share_.is_silent(now_));
  EXPECT_THAT(line(), HasSubstr("in step"));
}

}  // namespace
}  // namespace icom::archive
