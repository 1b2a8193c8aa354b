#include "common/text/control.hpp"

#include <gtest/gtest.h>

#include <string>

namespace icom::text {
namespace {

TEST(WithoutControls, LeavesTextAsItIs) {
  for (const std::string text : {"", "Linac 4299", "M\xC3\x9CLLER", "\xC2\xA0", "\xE2\x80\xA6",
                                 "\xE6\xBC\xA2", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"}) {
    EXPECT_EQ(without_controls(text), text);
    EXPECT_EQ(lines_without_controls(text), text);
  }
}

TEST(WithoutControls, ShowsControlCharactersOfAsciiAndBeyondAsQuestionMarks) {
  EXPECT_EQ(without_controls("a\x1B[2Jb\r\n\t\x7F"), "a?[2Jb????");
  EXPECT_EQ(without_controls(std::string("\0x", 2)), "?x");
  for (int last = 0x80; last <= 0x9F; ++last) {
    const std::string text = std::string("a\xC2") + static_cast<char>(last) + "b";
    EXPECT_EQ(without_controls(text), "a?b") << last;
    EXPECT_EQ(lines_without_controls(text), "a?b") << last;
  }
}

TEST(WithoutControls, ShowsWhatTurnsOrHidesTextAsQuestionMarks) {
  // U+202A to U+202E and U+2066 to U+2069 turn the direction; the others hide, or break a line.
  for (const std::string unseen :
       {"\xE2\x80\xAA", "\xE2\x80\xAB", "\xE2\x80\xAC", "\xE2\x80\xAD", "\xE2\x80\xAE",
        "\xE2\x81\xA6", "\xE2\x81\xA7", "\xE2\x81\xA8", "\xE2\x81\xA9", "\xE2\x80\x8B",
        "\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xD8\x9C", "\xC2\xAD",
        "\xEF\xBB\xBF", "\xF3\xA0\x81\x81"}) {
    EXPECT_EQ(without_controls("a" + unseen + "b"), "a?b");
    EXPECT_EQ(lines_without_controls("a" + unseen + "b\n"), "a?b\n");
  }
}

TEST(WithoutControls, ShowsBytesThatAreNoUtf8AsQuestionMarks) {
  EXPECT_EQ(without_controls("a\x9B"
                             "b"),
            "a?b")
      << "CSI, where a terminal takes single bytes";
  EXPECT_EQ(without_controls("\xC2"), "?");
  EXPECT_EQ(without_controls("\xC0\x9B"), "??") << "a longer form than needed";
  EXPECT_EQ(without_controls("\xE0\x82\x9B"), "???");
  EXPECT_EQ(without_controls("\xED\xA0\x80"), "???") << "half a character of UTF-16";
  EXPECT_EQ(without_controls("\xF4\x90\x80\x80"), "????");
  EXPECT_EQ(without_controls("\xE2\x80"), "??") << "cut off";
}

TEST(WithoutControls, KeepsEndsOfLinesAndTabsWhereLinesAreShown) {
  EXPECT_EQ(lines_without_controls("a\tb\nc\r\nd\re\x1B"), "a\tb\nc\r\nd?e?");
}

}  // namespace
}  // namespace icom::text
