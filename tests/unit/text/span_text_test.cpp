#include "common/text/span_text.hpp"

#include <gtest/gtest.h>

namespace icom::text {
namespace {

TEST(SpanText, IsInTheUnitThatAPersonThinksIn) {
  EXPECT_EQ(span_text(90), "90 s");
  EXPECT_EQ(span_text(5 * 3600 + 1), "5 hours");
  EXPECT_EQ(span_text(23'663'776), "273 days");
}

TEST(SpanText, WithTheSecondsAsWell) {
  EXPECT_EQ(seconds_and_span_text(90), "90 s");
  EXPECT_EQ(seconds_and_span_text(23'663'776), "23663776 s (273 days)");
}

}  // namespace
}  // namespace icom::text
