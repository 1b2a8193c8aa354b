#include "common/text/unified_diff.hpp"

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace icom::text {
namespace {

std::string diff(const std::string& before, const std::string& after) {
  return unified_diff(before, after, "a", "b");
}

TEST(UnifiedDiff, IsEmptyForEqualTexts) {
  EXPECT_EQ(diff("", ""), "");
  EXPECT_EQ(diff("x\ny\n", "x\ny\n"), "");
}

TEST(UnifiedDiff, GivesATerminalNothingToObey) {
  EXPECT_EQ(diff("",
                 "a\x1B[2J\t\xC2\x9B"
                 "b\xE2\x80\xAE"
                 "c\r\n"),
            "--- a\n+++ b\n@@ -0,0 +1 @@\n+a?[2J\t?b?c\n");
  EXPECT_EQ(unified_diff("", "x\n", "a\n", "b\x1B"), "--- a?\n+++ b?\n@@ -0,0 +1 @@\n+x\n");
}

TEST(UnifiedDiff, ShowsThreeLinesAround) {
  EXPECT_EQ(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, ChangesFarFromEachOtherStandApart) {
  EXPECT_EQ(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\nA\n"),
            "--- a\n+++ b\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -7,3 +8,4 @@\n 7\n 8\n 9\n+A\n");
}

TEST(UnifiedDiff, ShowsAFileThatIsMade) {
  EXPECT_EQ(diff("", "x\ny\n"), "--- a\n+++ b\n@@ -0,0 +1,2 @@\n+x\n+y\n");
}

TEST(UnifiedDiff, SaysWhereALineHasNoEnding) {
  EXPECT_EQ(diff("x", "x\n"), "--- a\n+++ b\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n");
}

/// What the diff says that `after` is, and what it says that `before` was, of the lines it shows.
TEST(UnifiedDiff, ItsLinesAddUpToBothTextsWhateverTheyAre) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string before;
    std::string after;
    for (int line = 0; line < 12; ++line) {
      const std::string text(1, static_cast<char>('a' + random() % 4));
      if (random() % 4 != 0) before += text + '\n';
      if (random() % 4 != 0) after += text + '\n';
    }
    std::istringstream lines(diff(before, after));
    long from = 0;
    std::vector<std::string> whole;
    std::istringstream old(before);
    for (std::string line; std::getline(old, line);) whole.push_back(line);
    std::size_t copied = 0;
    std::string rebuilt;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("---") || line.starts_with("+++")) continue;
      if (line.starts_with("@@")) {
        from = std::stol(line.substr(4));
        const bool nothing_before = line.find(",0 +") != std::string::npos;
        const auto first = static_cast<std::size_t>(nothing_before ? from : from - 1);
        while (copied < first) rebuilt += whole[copied++] + '\n';
        continue;
      }
      if (line[0] != '+') {
        ASSERT_EQ(whole.at(copied), line.substr(1));
        ++copied;
      }
      if (line[0] != '-') rebuilt += line.substr(1) + '\n';
    }
    while (copied < whole.size()) rebuilt += whole[copied++] + '\n';
    ASSERT_EQ(rebuilt, after) << diff(before, after);
  }
}

}  // namespace
}  // namespace icom::text
