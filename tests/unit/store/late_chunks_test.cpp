// Late frames that trickle in do not leave a chunk each behind.
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::message;
using test::messages;
using test::operator+;

class LateChunksTest : public test::StoreFixture {
 protected:
  [[nodiscard]] std::vector<std::int64_t> frames_of_chunks() const {
    Database database(folder() / "icom.db", Database::Access::read_only);
    Query query(database, "SELECT frames FROM chunk ORDER BY id");
    std::vector<std::int64_t> all;
    while (query.step()) {
      all.push_back(query.integer(0));
    }
    return all;
  }
  /// One frame per commit, on a connection of its own.
  void trickle(const std::vector<unsigned>& numbers) {
    for (const unsigned number : numbers) {
      ASSERT_TRUE(commit(feed(next_run_++).frame(message(number)).batch()));
    }
  }
};

std::vector<unsigned> numbers(unsigned from, unsigned to) {
  std::vector<unsigned> all;
  for (unsigned n = from; n < to; ++n) {
    all.push_back(n);
  }
  return all;
}

TEST_F(LateChunksTest, OneFrameACommitMakesFullChunks) {
  store_all(messages(0, 256) + messages(556, 812));
  ASSERT_EQ(frames_of_chunks().size(), 2U);
  trickle(numbers(256, 556));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 812)));
  EXPECT_TRUE(gaps().empty());
  EXPECT_EQ(frames_of_chunks().size(), 4U) << "300 frames are a full chunk and another";
}

TEST_F(LateChunksTest, InAnyOrderTheyEndUpInOrderAndInFewChunks) {
  store_all(messages(0, 256) + messages(556, 812));
  // 127 shares no factor with 300: every number once, each far from the one before.
  std::vector<unsigned> shuffled;
  for (unsigned i = 0; i < 300; ++i) {
    shuffled.push_back(256 + i * 127 % 300);
  }
  trickle(shuffled);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 812)));
  EXPECT_TRUE(gaps().empty());
  EXPECT_EQ(frames_of_chunks().size(), 4U);
}

TEST_F(LateChunksTest, WhatWasMergedIsStillKnownAsADuplicate) {
  store_all(messages(0, 256) + messages(1000, 1256));
  test::Feed late = feed(100);
  for (unsigned n = 256; n < 356; ++n) {
    // Each late frame twice, the second time with the lists of the chunks before at hand.
    ASSERT_TRUE(commit(late.frame(message(n)).frame(message(n - 1)).batch()));
  }
  store_all(messages(200, 356));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 356) + messages(1000, 1256)));
  EXPECT_EQ(ledger().counts.stored, 612);
  EXPECT_EQ(ledger().counts.duplicates, 100 + 156);
}

TEST_F(LateChunksTest, ManyShortRunsInOneCommitAreStoredAndLaterOnesJoinThem) {
  store_all(messages(0, 256) + messages(1000, 1256));
  test::Feed sparse = feed(100);
  std::size_t runs = 0;
  for (unsigned n = 992; n > 256; n -= 32, ++runs) {
    sparse.connected().frame(message(n));
  }
  ASSERT_TRUE(commit(sparse.batch()));
  const auto after_one = frames_of_chunks().size();
  trickle({257, 265, 273, 281, 289, 297, 305, 313});
  EXPECT_LT(frames_of_chunks().size(), after_one);
  EXPECT_EQ(stored().size(), 512 + runs + 8);
}

TEST_F(LateChunksTest, ChunksKeepToTheHourThatLookupsRelyOn) {
  store_all(messages(0, 4) + messages(0, 4, {}, 3 * 3600));
  test::Feed late = feed(100);
  for (unsigned minute = 1; minute < 180; minute += 3) {
    ASSERT_TRUE(commit(late.frame(message(0, {}, minute * 60)).batch()));
  }
  EXPECT_EQ(stored().size(), 8 + 60U);
  Database database(folder() / "icom.db", Database::Access::read_only);
  Query query(database, "SELECT count(*), max(last_time - first_time) FROM chunk");
  ASSERT_TRUE(query.step());
  EXPECT_LE(query.integer(0), 5);
  EXPECT_LE(query.integer(1), 3600);
}

TEST_F(LateChunksTest, ADamagedNeighbourIsLeftAsItIs) {
  store_all(messages(0, 256) + messages(600, 610));
  trickle(numbers(300, 310));
  store_.reset();
  {
    Database database(folder() / "icom.db", Database::Access::read_write);
    database.execute("UPDATE chunk SET data = x'00' WHERE frames = 10");
  }
  open();
  test::Feed late = feed(101);
  ASSERT_TRUE(commit(late.frames(messages(310, 320)).batch()));
  EXPECT_EQ(frames_of_chunks(), (std::vector<std::int64_t>{256, 10, 10}));
}

TEST_F(LateChunksTest, LargeOnesAreNotCodedAgainForASmallOneBesideThem) {
  store_all(messages(0, 4) + messages(0, 4, {}, 3 * 3600));
  test::Feed late = feed(100);
  ASSERT_TRUE(commit(late.frame(test::large_message(400, 300'000)).frame(message(401)).batch()));
  const auto id = [&] {
    Database database(folder() / "icom.db", Database::Access::read_only);
    Query query(database, "SELECT id FROM chunk WHERE raw_bytes > 300000");
    return query.step() ? query.integer(0) : 0;
  };
  const std::int64_t before = id();
  ASSERT_GT(before, 0);
  trickle(numbers(410, 420));
  EXPECT_EQ(id(), before);
  EXPECT_EQ(stored().size(), 20U);
  EXPECT_EQ(frames_of_chunks().size(), 2U) << "the small ones are put together";
}

TEST_F(LateChunksTest, HoldNoMoreThanTwoMebibytes) {
  std::vector<ByteVector> all;
  for (unsigned n = 0; n < 7; ++n) {
    all.push_back(test::large_message(n, 900'000));
  }
  store_all(all);
  Database database(folder() / "icom.db", Database::Access::read_only);
  Query query(database, "SELECT count(*), max(raw_bytes) FROM chunk");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.integer(0), 3);
  EXPECT_LE(query.integer(1), 2 << 20);
  EXPECT_TRUE(test::same_frames(stored(), all));
}

}  // namespace
}  // namespace icom::store
