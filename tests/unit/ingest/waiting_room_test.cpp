#include "gateway/ingest/waiting_room.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

namespace icom::ingest {
namespace {

constexpr os::UserId kTunnels = 990;
constexpr os::UserId kOther = 1000;

class WaitingRoomTest : public testing::Test {
 protected:
  /// Nobody looks into it.
  Session* session(std::size_t number) {
    return static_cast<Session*>(static_cast<void*>(&sessions_.at(number)));
  }
  void add(std::size_t number, std::optional<os::UserId> account, const std::string& site = {}) {
    room_.add({session(number), account});
    if (!site.empty()) room_.note_named(session(number), site);
  }
  std::size_t goes() {
    const auto one = room_.make_room(known_);
    return one ? static_cast<std::size_t>(
                     static_cast<std::byte*>(static_cast<void*>(one->session)) - sessions_.data())
               : sessions_.size();
  }
  /// How often, of `count` floods that each go once through all `places`, the first comer stays.
  int stays_in(int count, std::size_t places) {
    int stayed = 0;
    for (int flood = 0; flood < count; ++flood) {
      std::size_t next = 0;
      while (next < places) add(next++, kTunnels);
      bool is_there = true;
      while (next < 2 * places) {
        is_there = goes() != 0 && is_there;
        add(next++, kTunnels);
      }
      stayed += is_there ? 1 : 0;
      for (std::size_t i = 0; i < next; ++i) room_.remove(session(i));
    }
    return stayed;
  }

  std::array<std::byte, 256> sessions_{};
  KnownAccounts known_{kTunnels};
  WaitingRoom room_{std::mt19937_64(1)};
};

TEST_F(WaitingRoomTest, AFloodThatGoesOnceThroughAllPlacesLeavesTheFirstComerInOneOfThree) {
  const int stayed = stays_in(300, 64);  // 1 of e, of which there are 110
  EXPECT_GT(stayed, 80);
  EXPECT_LT(stayed, 140);
}

TEST_F(WaitingRoomTest, OneOfTheSiteThatMostHaveNamedGoes) {
  add(0, kTunnels);
  for (std::size_t i = 1; i < 4; ++i) add(i, kTunnels, "flooding");
  add(4, kTunnels, "honest");
  for (int i = 0; i < 2; ++i) {
    const std::size_t gone = goes();
    EXPECT_GE(gone, 1U);
    EXPECT_LE(gone, 3U);
  }
  EXPECT_EQ(room_.size(), 3U);
}

TEST_F(WaitingRoomTest, OneOfTheManyThatHaveNamedNoSiteGoes) {
  add(0, kTunnels, "honest");
  for (std::size_t i = 1; i < 20; ++i) add(i, kTunnels);
  for (int i = 0; i < 18; ++i) EXPECT_NE(goes(), 0U);
}

TEST_F(WaitingRoomTest, OfAccountsFromWhichNoSiteComesThatHaveAsManyAnyOneGoes) {
  std::set<std::size_t> gone;
  for (int round = 0; round < 50; ++round) {
    for (std::size_t i = 0; i < 4; ++i) {
      add(i, i == 3 ? kTunnels : kOther + static_cast<os::UserId>(i));
    }
    gone.insert(goes());
    for (std::size_t i = 0; i < 4; ++i) room_.remove(session(i));
  }
  EXPECT_EQ(gone, (std::set<std::size_t>{0, 1, 2}));
}

TEST_F(WaitingRoomTest, WhoeverHasLeftIsNotSentAway) {
  add(0, kTunnels, "nbcc");
  add(1, std::nullopt);
  room_.remove(session(0));
  room_.remove(session(0));
  room_.note_named(session(0), "rccc");
  EXPECT_EQ(room_.size(), 1U);
  EXPECT_EQ(goes(), 1U);
  EXPECT_EQ(goes(), sessions_.size());
}

}  // namespace
}  // namespace icom::ingest
