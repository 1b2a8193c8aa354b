// A short number stands for exactly one text: the codec relies on it.
#include "common/icom/short_number.hpp"

#include <gtest/gtest.h>

#include <string>

#include "common/icom/remembered_frame.hpp"

namespace icom {
namespace {

ShortNumber parse(std::string_view text) {
  return number_at(as_bytes(text), 0, text.size());
}

std::string text_of(ShortNumber number) {
  const ShortText text = short_number_text(number);
  std::string letters;
  for (std::size_t i = 0; i < text.size; ++i) {
    letters.push_back(static_cast<char>(text.letters >> (8 * i)));
  }
  return letters;
}

TEST(ShortNumber, ReadsWhatALinacWrites) {
  const auto is = [](std::string_view text, int value, int decimals) {
    const ShortNumber number = parse(text);
    return number.value == value && number.decimals == decimals;
  };
  EXPECT_TRUE(is("0", 0, 0));
  EXPECT_TRUE(is("7", 7, 0));
  EXPECT_TRUE(is("-12", -12, 0));
  EXPECT_TRUE(is("0.0", 0, 1));
  EXPECT_TRUE(is("-0.5", -5, 1));
  EXPECT_TRUE(is("-10.00", -1000, 2));
  EXPECT_TRUE(is("83.2", 832, 1));
  EXPECT_TRUE(is("-32767", -32767, 0));
  EXPECT_TRUE(is("99999999", 99999999, 0));
  EXPECT_TRUE(is("0.000001", 1, 6));
  EXPECT_TRUE(is("1234.567", 1234567, 3));
}

TEST(ShortNumber, RefusesEveryOtherWayToWriteANumber) {
  for (const std::string_view text :
       {"",    "-",   ".",         "-.",        "5.",        ".5",    "-.5",  "-5.",   "00",
        "01",  "-01", "00.1",      "-0",        "-0.0",      "-0.00", "+1",   " 1",    "1 ",
        "1e3", "1,5", "1.2.3",     "--1",       "1-",        "1-2",   "0x1",  "12:30", "/",
        ":",   "1/2", "100000000", "-12345678", "1234567.8", "abc",   "\xFF", "1\x80"}) {
    EXPECT_FALSE(parse(text).is_number()) << text;
  }
  EXPECT_FALSE(parse(std::string_view("1\0", 2)).is_number());
  EXPECT_FALSE(parse(std::string_view("\0", 1)).is_number());
}

TEST(ShortNumber, EveryNumberComesBackAsItsText) {
  for (int decimals = 0; decimals <= 7; ++decimals) {
    for (int value = -99'999'999; value < 100'000'000;
         value += 1 + (value > -3000 && value < 3000 ? 0 : 39'983)) {
      const ShortNumber number{value, static_cast<std::int8_t>(decimals)};
      const std::string text = text_of(number);
      if (text.empty()) {
        continue;  // would be more than 8 characters
      }
      const ShortNumber again = parse(text);
      ASSERT_EQ(again.value, value) << text;
      ASSERT_EQ(again.decimals, decimals) << text;
    }
  }
}

TEST(ShortNumber, HasNoTextWhereItWouldNotFit) {
  EXPECT_EQ(text_of({99'999'999, 0}), "99999999");
  EXPECT_EQ(text_of({100'000'000, 0}), "");
  EXPECT_EQ(text_of({-9'999'999, 0}), "-9999999");
  EXPECT_EQ(text_of({-10'000'000, 0}), "");
  EXPECT_EQ(text_of({9'999'999, 3}), "9999.999");
  EXPECT_EQ(text_of({10'000'000, 3}), "");
  EXPECT_EQ(text_of({1, 6}), "0.000001");
  EXPECT_EQ(text_of({1, 7}), "");
  EXPECT_EQ(text_of({-1, 6}), "");
}

}  // namespace
}  // namespace icom
