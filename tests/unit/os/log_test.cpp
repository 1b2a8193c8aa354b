#include <gtest/gtest.h>

#include "common/log/log.hpp"
#include "common/log/rate_limit.hpp"

namespace icom::log {
namespace {

using std::chrono::seconds;

TEST(LogLevel, EveryNameThatUsersAreToldIsTaken) {
  EXPECT_EQ(level_names(), "trace, debug, info, warning, error, off");
  EXPECT_EQ(parse_level("trace"), spdlog::level::trace);
  EXPECT_EQ(parse_level("debug"), spdlog::level::debug);
  EXPECT_EQ(parse_level("info"), spdlog::level::info);
  EXPECT_EQ(parse_level("warning"), spdlog::level::warn);
  EXPECT_EQ(parse_level("error"), spdlog::level::err);
  EXPECT_EQ(parse_level("off"), spdlog::level::off);
}

TEST(LogLevel, AnythingElseIsRefused) {
  EXPECT_FALSE(parse_level(""));
  EXPECT_FALSE(parse_level("INFO"));
  EXPECT_FALSE(parse_level("infos"));
}

TEST(RateLimit, AdmitsABurstThenOneEachRefillAndTellsHowManyWereLeftOut) {
  RateLimit limit(2, seconds(10));
  const RateLimit::Clock::time_point start{seconds(1000)};
  EXPECT_EQ(limit.admit(start), 0U);
  EXPECT_EQ(limit.admit(start), 0U);
  EXPECT_EQ(limit.admit(start), std::nullopt);
  EXPECT_EQ(limit.admit(start + seconds(9)), std::nullopt);
  EXPECT_EQ(limit.admit(start + seconds(10)), 2U);
  EXPECT_EQ(limit.admit(start + seconds(19)), std::nullopt);
  EXPECT_EQ(limit.admit(start + seconds(20)), 1U);
}

TEST(RateLimit, RegainsTheWholeBurstAfterALongQuiet) {
  RateLimit limit(2, seconds(10));
  const RateLimit::Clock::time_point start{seconds(1000)};
  limit.admit(start);
  limit.admit(start);
  const auto later = start + seconds(1000);
  EXPECT_EQ(limit.admit(later), 0U);
  EXPECT_EQ(limit.admit(later), 0U);
  EXPECT_EQ(limit.admit(later), std::nullopt);
}

}  // namespace
}  // namespace icom::log
