// Reading back from anywhere in a second of any number of chunks: what is read for it, counted.
#include "gateway/store/frame_scan.hpp"
#include "tests/unit/store/log_fixture.hpp"

namespace icom::store {
namespace {

constexpr FramePlace kBegin{};
constexpr FramePlace kEnd{std::numeric_limits<std::int64_t>::max(), 0, 0, 0};

class ChunkOrderTest : public test::LogFixture {
 protected:
  static constexpr unsigned kFrames = 6'000;  // of more chunks than are ever open at one time
  static constexpr unsigned kRounds = 24;
  static constexpr unsigned kEach = 256;

  /// The n-th frame of a Linac whose clock stands still.
  static ByteVector frame(unsigned n, unsigned counter) {
    test::FrameSpec spec;
    spec.time = test::time_after(0);
    spec.counter = static_cast<std::uint8_t>(counter);
    spec.items = {{0x300A, 0x00B2, "SH", 'P', std::to_string(n)}};
    return test::build_frame(spec);
  }
  /// All on one connection.
  void send(const std::vector<ByteVector>& all) {
    commit(test::Feed(1, 1).connected().frames(all).batch());
    ASSERT_EQ(stored(), std::ssize(all));
  }
  /// Each round brings other frames for the same places, and leaves no room in its chunk.
  void store_chunks_that_reach_over_each_other() {
    commit(test::Feed(1, 1).connected().frames(test::messages(0, kEach)).batch());
    for (unsigned round = 0; round < kRounds; ++round) {
      const test::Patient patient{.id = std::to_string(round)};
      commit(test::Feed(1, 2 + round)
                 .connected()
                 .received_at(0)
                 .frames(test::messages(0, kEach, patient))
                 .batch());
    }
  }
  static std::vector<ByteVector> counting() {
    std::vector<ByteVector> all;
    for (unsigned n = 0; n < kFrames; ++n) {
      all.push_back(frame(n, n));
    }
    return all;
  }
  /// Of all frames that are stored, in order.
  std::vector<FrameKey> all_keys() {
    std::vector<FrameKey> keys;
    FrameScan scan(database_, zstd_, 1, kBegin, kEnd);
    while (scan.next()) {
      keys.push_back(scan.key());
    }
    EXPECT_LE(scan.work().most_open, FrameScan::kMostOpen);
    return keys;
  }
  /// From each hundredth frame on, 256 frames, in as much work whichever these are.
  void expect_pieces_cost_the_same(const std::vector<FrameKey>& keys) {
    for (std::size_t from = 0; from < keys.size(); from += 100) {
      FrameScan piece(database_, zstd_, 1, keys[from].place, kEnd);
      for (std::size_t n = from; n < std::min(from + 256, keys.size()); ++n) {
        ASSERT_TRUE(piece.next());
        ASSERT_EQ(piece.key().place, keys[n].place);
      }
      ASSERT_LE(piece.work().lists, 4) << from;
      ASSERT_LE(piece.work().frames, 3 * 256) << from;
      ASSERT_LE(piece.rows(), 8) << from;
      ASSERT_LE(piece.work().most_open, 2U) << from;
    }
  }
  /// As a store of before schema step 11.
  void set_back() {
    log_.reset();
    test::set_back_to_step_10(database_);
    upgrade_schema(database_);
    ASSERT_EQ(number("SELECT count(*) FROM chunk_place"), 0);
    open();
  }
};

TEST_F(ChunkOrderTest, APieceOfASecondOfManyChunksOpensThoseThatHoldIt) {
  send(counting());
  ASSERT_GE(number("SELECT count(*) FROM chunk"), kFrames / 256);
  const std::vector<FrameKey> keys = all_keys();
  ASSERT_EQ(keys.size(), kFrames);
  expect_pieces_cost_the_same(keys);
}

TEST_F(ChunkOrderTest, FramesInConflictAtOnePlaceAreNotReadAgainByEachPiece) {
  std::vector<ByteVector> all;
  for (unsigned n = 0; n < kFrames; ++n) {
    all.push_back(frame(n, 0));
  }
  send(all);
  const std::vector<FrameKey> keys = all_keys();
  ASSERT_EQ(keys.size(), kFrames);
  EXPECT_EQ(keys.front().place.sub, keys.back().place.sub);
  expect_pieces_cost_the_same(keys);
}

TEST_F(ChunkOrderTest, LateFramesOfASecondAreFoundAmongItsChunks) {
  std::vector<ByteVector> all = counting();
  std::vector<ByteVector> late;
  std::vector<ByteVector> sent;
  for (unsigned n = 0; n < kFrames; ++n) {
    (n % 256 == 100 ? late : sent).push_back(all[n]);
  }
  send(sent);
  test::Feed feed(1, 2);
  for (const ByteVector& one : late) {
    commit(feed.received_at(0).frame(one).batch());
  }
  const std::vector<FrameKey> keys = all_keys();
  ASSERT_EQ(std::ssize(keys), stored());
  ASSERT_GT(std::ssize(keys), std::ssize(sent));
  for (std::size_t from = 0; from < keys.size(); from += 777) {
    FrameScan one(database_, zstd_, 1, keys[from].place, keys[from].place);
    ASSERT_TRUE(one.next());
    EXPECT_EQ(one.key().place, keys[from].place);
    EXPECT_FALSE(one.next());
  }
}

TEST_F(ChunkOrderTest, ManyChunksThatReachOverOnePlaceAreNotAllOpen) {
  store_chunks_that_reach_over_each_other();
  ASSERT_EQ(stored(), (kRounds + 1) * kEach);
  ASSERT_GT(number("SELECT count(*) FROM chunk_place WHERE late = 1"),
            std::int64_t{FrameScan::kMostOpen});
  FrameScan scan(database_, zstd_, 1, kBegin, kEnd);
  std::int64_t found = 0;
  while (scan.next()) {
    ++found;
  }
  EXPECT_EQ(found, stored());
  EXPECT_EQ(scan.work().most_open, FrameScan::kMostOpen);
}

TEST_F(ChunkOrderTest, WhoGoesOnWhereAScanStoodReadsNoKeyListsAgain) {
  store_chunks_that_reach_over_each_other();
  const std::vector<FrameKey> keys = all_keys();
  FrameScan begun(database_, zstd_, 1, kBegin, kEnd);
  std::size_t at = 0;
  for (; at < 1'000; ++at) {
    ASSERT_TRUE(begun.next());
  }
  const FramePlace after = just_after(keys[at - 1].place);
  FrameScan anew(database_, zstd_, 1, after, kEnd);
  ASSERT_TRUE(anew.next());
  EXPECT_GT(anew.work().lists, kRounds);
  FrameScan goes_on(database_, zstd_, 1, after, kEnd, begun.places());
  ASSERT_TRUE(goes_on.next());
  EXPECT_LE(goes_on.work().lists, 2);
  for (; at < keys.size(); ++at) {
    ASSERT_EQ(goes_on.key().place, keys[at].place);
    ASSERT_EQ(goes_on.next(), at + 1 < keys.size());
  }
}

TEST_F(ChunkOrderTest, ChunksOfAnOlderStoreAreReadAndThoseAfterThemFoundAtOnce) {
  send(counting());
  const std::vector<FrameKey> keys = all_keys();
  set_back();
  const std::vector<FrameKey> again = all_keys();
  ASSERT_EQ(again.size(), keys.size());
  EXPECT_EQ(again.back().place, keys.back().place);

  std::vector<ByteVector> next;
  for (unsigned n = 0; n < kFrames; ++n) {
    test::FrameSpec spec;
    spec.time = test::time_after(10);
    spec.counter = static_cast<std::uint8_t>(n + 40);
    spec.items = {{0x300A, 0x00B2, "SH", 'P', std::to_string(n)}};
    next.push_back(test::build_frame(spec));
  }
  commit(test::Feed(1, 3).connected().frames(next).batch());
  const std::vector<FrameKey> all = all_keys();
  ASSERT_EQ(all.size(), 2 * kFrames);
  // The first chunk holds frames of both seconds.
  expect_pieces_cost_the_same({all.begin() + kFrames + 256, all.end()});
}

TEST_F(ChunkOrderTest, LateFramesJoinChunksOfAnOlderStore) {
  std::vector<ByteVector> sent = test::messages(0, 300);
  for (const ByteVector& one : test::messages(600, 900)) {
    sent.push_back(one);
  }
  commit(test::Feed(1, 1).connected().frames(sent).batch());
  test::Feed late(1, 2);
  for (unsigned n = 300; n < 350; ++n) {
    commit(late.received_at(0).frame(test::message(n)).batch());
  }
  set_back();
  for (unsigned n = 350; n < 600; ++n) {
    commit(late.received_at(0).frame(test::message(n)).batch());
  }
  commit(test::Feed(1, 1).from_seq(602).frames(test::messages(900, 1'300)).batch());
  EXPECT_EQ(stored(), 1'300);
  EXPECT_EQ(all_keys().size(), 1'300U);
  EXPECT_EQ(number("SELECT sum(frames) FROM chunk JOIN chunk_place ON chunk = id") +
                number("SELECT coalesce(sum(frames), 0) FROM chunk WHERE id NOT IN (SELECT chunk "
                       "FROM chunk_place)"),
            number("SELECT sum(frames) FROM chunk"));
  EXPECT_EQ(number("SELECT count(*) FROM chunk_place WHERE chunk NOT IN (SELECT id FROM chunk)"),
            0);
}

}  // namespace
}  // namespace icom::store
