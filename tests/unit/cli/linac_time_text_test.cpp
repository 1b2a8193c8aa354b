#include "gateway/cli/linac_time_text.hpp"

#include <gtest/gtest.h>

namespace icom::cli {
namespace {

TEST(LinacTimeTextTest, TimesComeBackAsTheyWereWritten) {
  for (const char* text : {"2026-03-02T08:00:06", "1970-01-01T00:00:00", "2024-02-29T23:59:59"}) {
    const auto seconds = parse_linac_time(text);
    ASSERT_TRUE(seconds.has_value()) << text;
    EXPECT_EQ(linac_time_iso(*seconds), text);
  }
}

TEST(LinacTimeTextTest, ShorterFormsAreTaken) {
  EXPECT_EQ(linac_time_iso(parse_linac_time("2026-03-02").value()), "2026-03-02T00:00:00");
  EXPECT_EQ(linac_time_iso(parse_linac_time("2026-03-02T08:30").value()), "2026-03-02T08:30:00");
  EXPECT_EQ(linac_time_iso(parse_linac_time("2026-03-02 08:30:01").value()), "2026-03-02T08:30:01");
}

TEST(LinacTimeTextTest, AnythingElseIsRefused) {
  for (const char* text : {"", "today", "2026-3-2", "2026-13-01", "2026-02-30", "2026-03-02T",
                           "2026-03-02T8:00", "2026-03-02T25:00", "2026-03-02T08:60:00",
                           "2026-03-02x08:00", "2026-03-02T08:00:06Z", "02.03.2026"}) {
    EXPECT_FALSE(parse_linac_time(text).has_value()) << text;
  }
}

TEST(LinacTimeTextTest, UtcHasMicroseconds) {
  EXPECT_EQ(utc_iso(1'772'438'406'250'001), "2026-03-02T08:00:06.250001Z");
  EXPECT_EQ(utc_iso(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(LinacTimeTextTest, AClockIsAheadToTheTenthOfASecond) {
  EXPECT_EQ(lead_text(39'600'349'000), "+11:00:00.3");
  EXPECT_EQ(lead_text(0), "+0:00:00.0");
  EXPECT_EQ(lead_text(-1'450'000), "-0:00:01.5");
  EXPECT_EQ(lead_text(59'960'000), "+0:01:00.0");
  EXPECT_EQ(lead_text(-49'999), "+0:00:00.0");
}

TEST(LinacTimeTextTest, AYearThatIsoDatesDoNotReachIsNone) {
  constexpr std::int64_t kDay = 86'400;
  const std::int64_t first = parse_linac_time("0001-01-01").value();
  const std::int64_t last = parse_linac_time("9999-12-31T23:59:59").value();
  EXPECT_EQ(linac_time_iso(first), "0001-01-01T00:00:00");
  EXPECT_EQ(linac_time_iso(last), "9999-12-31T23:59:59");
  for (const std::int64_t second : {first - 1, first - 400 * kDay, last + 1, last + 900 * kDay}) {
    EXPECT_EQ(linac_time_iso(second), "") << second;
    EXPECT_EQ(linac_time_listed(second), "-");
  }
  EXPECT_EQ(linac_time_listed(first), "0001-01-01T00:00:00");
  EXPECT_EQ(utc_iso((last + 1) * 1'000'000), "");
}

}  // namespace
}  // namespace icom::cli
