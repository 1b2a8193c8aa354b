#include "common/link/message_seal.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace icom::link {
namespace {

const std::string kSealKey(32, 'k');

std::vector<std::string> sealed(const std::vector<std::string>& messages) {
  MessageSealer sealer(kSealKey);
  std::vector<std::string> all;
  for (const std::string& message : messages) all.push_back(sealer.seal(message));
  return all;
}

const std::vector<std::string> kMessages{"first", "", "third", "third", std::string(1000, 'x')};

TEST(MessageSeal, MessagesComeAsTheyWereSent) {
  SealChecker checker(kSealKey);
  for (std::size_t i = 0; const std::string& bytes : sealed(kMessages)) {
    EXPECT_EQ(bytes.size(), kMessages[i].size() + kSealBytes);
    EXPECT_EQ(checker.open(bytes), kMessages[i++]);
  }
}

TEST(MessageSeal, EveryFlippedBitOfEveryMessageEndsIt) {
  const auto all = sealed(kMessages);
  for (std::size_t at = 0; at < 3; ++at) {
    for (std::size_t bit = 0; bit < 8 * all[at].size(); ++bit) {
      SealChecker checker(kSealKey);
      for (std::size_t before = 0; before < at; ++before) {
        ASSERT_TRUE(checker.open(all[before]).has_value());
      }
      std::string changed = all[at];
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      EXPECT_FALSE(checker.open(changed).has_value());
      EXPECT_FALSE(checker.open(all[at]).has_value()) << "nothing counts afterwards";
    }
  }
}

TEST(MessageSeal, EveryOtherLengthEndsIt) {
  const std::string whole = sealed(kMessages)[0];
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SealChecker checker(kSealKey);
    EXPECT_FALSE(checker.open(whole.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(checker.open(whole).has_value()) << "nothing counts afterwards: " << size;
  }
  SealChecker checker(kSealKey);
  EXPECT_FALSE(checker.open(whole + 'x').has_value());
}

TEST(MessageSeal, OneThatIsRepeatedLeftOutOrBeforeItsTurnEndsIt) {
  const auto all = sealed(kMessages);
  for (std::size_t due = 0; due < all.size(); ++due) {
    for (std::size_t comes = 0; comes < all.size(); ++comes) {
      if (comes == due) continue;
      SealChecker checker(kSealKey);
      for (std::size_t i = 0; i < due; ++i) ASSERT_TRUE(checker.open(all[i]).has_value());
      EXPECT_FALSE(checker.open(all[comes]).has_value()) << comes << " for " << due;
    }
  }
}

TEST(MessageSeal, OneOfAnotherKeyEndsIt) {
  SealChecker other_end(std::string(32, 'o'));
  EXPECT_FALSE(other_end.open(sealed(kMessages)[0]).has_value()) << "sent back to its sender";
}

}  // namespace
}  // namespace icom::link
