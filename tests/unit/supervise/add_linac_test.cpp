#include "agent/supervise/add_linac_command.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "agent/supervise/zone_offset.hpp"

namespace icom::supervise {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kFirstOfJanuary2026 = 1767225600;
constexpr std::int64_t kFirstOfJuly2026 = 1782864000;
constexpr std::int64_t kHour = 3600;

TEST(ZoneOffsetTest, IsThatOfTheZoneAtThatTimeOfTheYear) {
  EXPECT_EQ(zone_offset_seconds("Australia/Sydney", kFirstOfJanuary2026), 11 * kHour);
  EXPECT_EQ(zone_offset_seconds("Australia/Sydney", kFirstOfJuly2026), 10 * kHour);
  EXPECT_EQ(zone_offset_seconds("America/New_York", kFirstOfJanuary2026), -5 * kHour);
  EXPECT_EQ(zone_offset_seconds("Asia/Kolkata", kFirstOfJuly2026), 5 * kHour + kHour / 2);
  EXPECT_EQ(zone_offset_seconds("UTC", kFirstOfJuly2026), 0);
}

TEST(ZoneOffsetTest, LeavesTheProcessInItsOwnZone) {
  const auto local = [] {
    const std::time_t time = kFirstOfJuly2026;
    return std::localtime(&time)->tm_gmtoff;
  };
  const std::int64_t before = local();
  zone_offset_seconds("Asia/Kolkata", kFirstOfJuly2026);
  EXPECT_EQ(local(), before);
  EXPECT_EQ(zone_offset_seconds("", kFirstOfJuly2026), before);
}

ProbeReport of_linac(const std::string& id, std::int64_t ahead) {
  ProbeReport report;
  report.answered = true;
  report.machine_id = id;
  report.clock_ahead_seconds = ahead;
  report.timezone = "Australia/Sydney";
  return report;
}

const config::LinacSettings kLinac{"4299", {"192.168.17.40", 1706}};

TEST(AddLinacDoubtsTest, NoneWhereTheMachineAndItsClockAreRight) {
  for (const std::int64_t ahead : {-60, 0, 60}) {
    const LinacDoubts doubts = doubts_about(of_linac("4299", ahead), kLinac);
    EXPECT_FALSE(doubts.identity);
    EXPECT_THAT(doubts.others, IsEmpty());
  }
}

TEST(AddLinacDoubtsTest, AMachineThatCallsItselfSomethingElseIsNamed) {
  EXPECT_THAT(doubts_about(of_linac("9183", 0), kLinac).identity.value_or(""),
              AllOf(HasSubstr("9183"), HasSubstr("4299")));
}

TEST(AddLinacDoubtsTest, AClockThatIsOffByMoreThanAMinuteIsSaidWithItsZone) {
  EXPECT_THAT(doubts_about(of_linac("4299", 61), kLinac).others,
              ElementsAre(AllOf(HasSubstr("61 s ahead of"), HasSubstr("Australia/Sydney"))));
  EXPECT_THAT(doubts_about(of_linac("4299", -3600), kLinac).others,
              ElementsAre(HasSubstr("3600 s behind")));
}

TEST(AddLinacDoubtsTest, FramesWithoutAMachineIdAreSaid) {
  ProbeReport report = of_linac("", 0);
  report.machine_id.reset();
  const LinacDoubts doubts = doubts_about(report, kLinac);
  EXPECT_FALSE(doubts.identity);
  EXPECT_THAT(doubts.others, ElementsAre(HasSubstr("no machine ID")));
}

}  // namespace
}  // namespace icom::supervise
