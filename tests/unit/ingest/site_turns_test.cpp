#include "gateway/ingest/site_turns.hpp"

#include <gtest/gtest.h>

namespace icom::ingest {
namespace {

using std::chrono::milliseconds;

class SiteTurnsTest : public testing::Test {
 protected:
  /// One that took so long.
  void announce(const std::string& site, milliseconds took) {
    auto turn = turns_.begin(site);
    ASSERT_TRUE(turn);
    turn->charge(took);
  }
  bool may_begin(const std::string& site) { return turns_.begin(site).has_value(); }

  SiteTurns::Clock::time_point now_{};
  SiteTurns turns_{[this] { return now_; }};
};

TEST_F(SiteTurnsTest, ASiteHasOneAtATimeAndOthersDoNotWaitForIt) {
  const auto turn = turns_.begin("nbcc");
  ASSERT_TRUE(turn);
  EXPECT_FALSE(may_begin("nbcc"));
  EXPECT_TRUE(may_begin("rccc"));
}

TEST_F(SiteTurnsTest, AfterOneThatTookLongTheSitesNextWaitsTenTimesAsLong) {
  announce("nbcc", milliseconds(20));
  EXPECT_TRUE(may_begin("rccc"));
  now_ += milliseconds(199);
  EXPECT_FALSE(may_begin("nbcc"));
  now_ += milliseconds(1);
  EXPECT_TRUE(may_begin("nbcc"));
}

TEST_F(SiteTurnsTest, ThePauseIsBounded) {
  announce("nbcc", std::chrono::minutes(1));
  now_ += SiteTurns::kMostPause;
  EXPECT_TRUE(may_begin("nbcc"));
}

TEST_F(SiteTurnsTest, AfterAnOrdinaryOneTheNextMayFollowAtOnce) {
  announce("nbcc", milliseconds(0));
  EXPECT_TRUE(may_begin("nbcc"));
}

}  // namespace
}  // namespace icom::ingest
