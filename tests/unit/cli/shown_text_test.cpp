#include "gateway/cli/shown_text.hpp"

#include <gtest/gtest.h>

namespace icom::cli {
namespace {

using namespace std::string_literals;

TEST(ShownTextTest, Utf8StaysAndEverythingElseIsTakenForLatin1) {
  EXPECT_EQ(to_utf8("BANKSIA, Rose"), "BANKSIA, Rose");
  EXPECT_EQ(to_utf8("M\xC3\x9CLLER"), "M\xC3\x9CLLER");
  EXPECT_EQ(to_utf8("M\xDCLLER"), "M\xC3\x9CLLER");
  EXPECT_EQ(to_utf8("\xFF"), "\xC3\xBF");
}

TEST(ShownTextTest, ATerminalGetsNoControlCharacters) {
  EXPECT_EQ(to_terminal("a\x1B[2Jb\r\n\x7F"), "a?[2Jb???");
  EXPECT_EQ(to_terminal("a\x9B"
                        "b"),
            "a?b");  // Latin-1 for the control character CSI
  EXPECT_EQ(to_terminal("\0x"s), "?x");
  EXPECT_EQ(to_terminal("M\xC3\x9CLLER"), "M\xC3\x9CLLER");
}

TEST(ShownTextTest, CsvQuotesWhereItMust) {
  EXPECT_EQ(to_csv("plain"), "plain");
  EXPECT_EQ(to_csv("BANKSIA, Rose"), "\"BANKSIA, Rose\"");
  EXPECT_EQ(to_csv("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(to_csv("a\nb"), "\"a\nb\"");
}

TEST(ShownTextTest, SumsOfTenthsStayTenths) {
  EXPECT_EQ(rounded(0.1 + 0.2), 0.3);
}

}  // namespace
}  // namespace icom::cli
