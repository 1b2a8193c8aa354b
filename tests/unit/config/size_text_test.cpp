#include "common/config/size_text.hpp"

#include <gtest/gtest.h>

namespace icom::config {
namespace {

TEST(SizeText, UnitsOfBothKindsAreRead) {
  EXPECT_EQ(parse_size("1000000"), 1'000'000U);
  EXPECT_EQ(parse_size("20 GiB"), 20ULL << 30U);
  EXPECT_EQ(parse_size("500 MB"), 500'000'000U);
  EXPECT_EQ(parse_size("3KiB"), 3072U);
  EXPECT_EQ(parse_size("2 TB"), 2'000'000'000'000U);
  EXPECT_EQ(parse_size("0"), 0U);
}

TEST(SizeText, LargestValueFitsAndOneMoreIsRefused) {
  EXPECT_EQ(parse_size("18446744073709551615"), 18446744073709551615U);
  EXPECT_FALSE(parse_size("18446744073709551616").has_value());
  EXPECT_EQ(parse_size("16777215 TiB"), 16777215ULL << 40U);
  EXPECT_FALSE(parse_size("16777216 TiB").has_value());
}

TEST(SizeText, AnythingElseIsRefused) {
  for (const char* text : {"", " ", "GiB", "-1", "+1", "1.5 GiB", "1  GiB", "1 GiB ", " 1", "1 gib",
                           "0x10", "1e3", "many"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace icom::config
