#include "tests/simulator/length_field.hpp"

#include <gtest/gtest.h>

namespace icom::simulator {
namespace {

std::uint32_t value_of(std::string_view convention, std::uint64_t frame, std::size_t size) {
  Random random(1);
  return LengthField::parse(convention).value().value(frame, size, random);
}

TEST(LengthField, EachConventionCountsWhatItSays) {
  EXPECT_EQ(value_of("whole", 1, 7912), 7912U);
  EXPECT_EQ(value_of("minus4", 1, 7912), 7908U);
  EXPECT_EQ(value_of("items", 1, 7912), 7885U);
  EXPECT_EQ(value_of("constant", 1, 7912), 8051U);
}

TEST(LengthField, RandomOneIsNotTheSameTwice) {
  Random random(1);
  const auto field = LengthField::parse("random").value();
  EXPECT_NE(field.value(1, 7912, random), field.value(2, 7912, random));
}

TEST(LengthField, LiarLiesInEveryNthFrameOnly) {
  for (std::uint64_t frame = 1; frame <= 30; ++frame) {
    EXPECT_EQ(value_of("lie-every-7", frame, 7912) != 7912U, frame % 7 == 0) << frame;
  }
}

TEST(LengthField, UnknownConventionsAreRefused) {
  for (const auto* text :
       {"", "wholes", "lie-every-", "lie-every-0", "lie-every--1", "lie-every-7x", "minus 4"}) {
    EXPECT_FALSE(LengthField::parse(text)) << text;
  }
}

}  // namespace
}  // namespace icom::simulator
