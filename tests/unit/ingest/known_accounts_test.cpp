#include "gateway/ingest/known_accounts.hpp"

#include <gtest/gtest.h>

namespace icom::ingest {
namespace {

TEST(KnownAccountsTest, TheNamedOneAndThoseFromWhichASiteHasProvedItself) {
  KnownAccounts known(990);
  known.note_proved("nbcc", 991);
  EXPECT_TRUE(known.contains(990));
  EXPECT_TRUE(known.contains(991));
  EXPECT_FALSE(known.contains(992));
}

TEST(KnownAccountsTest, WhoeverIsOfNoAccountIsNeverKnown) {
  KnownAccounts known(std::nullopt);
  known.note_proved("nbcc", std::nullopt);
  EXPECT_FALSE(known.contains(std::nullopt));
}

TEST(KnownAccountsTest, WhoeverHasASitesTokenTeachesTwoAndDrivesOutNoOtherSites) {
  KnownAccounts known(std::nullopt);
  known.note_proved("rccc", 990);
  for (os::UserId account = 100'000; account < 100'010; ++account) {
    known.note_proved("nbcc", account);
    known.note_proved("nbcc", account);
  }
  EXPECT_TRUE(known.contains(990));
  EXPECT_FALSE(known.contains(100'007));
  EXPECT_TRUE(known.contains(100'008));
  EXPECT_TRUE(known.contains(100'009));
}

}  // namespace
}  // namespace icom::ingest
