// Junk, connects, disconnects and holes: what is kept of them, and what is only counted.
#include "gateway/store/event_log.hpp"

#include <atomic>
#include <random>

#include "gateway/store/varint.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::Feed;
using test::message;
using test::messages;

class EventLogTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kGiB = 1U << 30U;

  EventLogTest() {
    limits_.free_bytes = [this] { return free_bytes_.load(); };
    limits_.day = [this] { return day_.load(); };
  }
  Store& store() {
    if (!store_) {
      Store::Options options = test::on_a_quick_machine();
      options.events = limits_;
      store_ = std::make_unique<Store>(folder(), options, nullptr);
      linac_ = store_->linac("nbcc", "4299");
    }
    return *store_;
  }
  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / "store"; }

  /// Bytes that cannot be compressed.
  ByteVector noise(std::size_t size) {
    ByteVector bytes(size);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());
    return bytes;
  }
  /// A batch for each.
  void send_junk(const std::vector<ByteVector>& all) {
    for (const ByteVector& junk : all) {
      store();
      ASSERT_TRUE(test::commit(store(), feed().event(EntryKind::junk, junk).batch()));
    }
  }
  Feed feed() {
    store();
    return {linac_, ++run_};
  }
  [[nodiscard]] std::vector<ByteVector> kept() const {
    std::vector<ByteVector> all;
    StoreReader(folder()).junk(linac_, [&](const JunkRun& junk) {
      all.emplace_back(junk.bytes.begin(), junk.bytes.end());
    });
    return all;
  }
  [[nodiscard]] LedgerRow ledger() const { return StoreReader(folder()).ledger({}, {}).at(0); }
  [[nodiscard]] std::int64_t number(const char* sql) const {
    Database database(folder() / "icom.db", Database::Access::read_only);
    Query query(database, sql);
    return query.step() ? query.integer(0) : -1;
  }

  EventLimits limits_{.junk_share_percent = 0, .junk_bytes_per_day = 100'000, .rows_per_day = 10};
  std::atomic<std::uint64_t> free_bytes_ = kGiB;
  std::atomic<std::int64_t> day_ = 20'000;
  std::minstd_rand random_;
  test::TemporaryFolder temporary_;
  std::unique_ptr<Store> store_;
  LinacId linac_ = 0;
  std::uint64_t run_ = 0;
};

TEST_F(EventLogTest, JunkOfACommitIsOneSmallRowAndComesBackByteForByte) {
  Feed all = feed();
  std::vector<ByteVector> sent;
  for (int n = 0; n < 1000; ++n) {
    sent.push_back(ByteVector(17, static_cast<std::byte>(n)));
    all.event(EntryKind::junk, sent.back());
  }
  ASSERT_TRUE(test::commit(store(), all.batch()));
  EXPECT_EQ(kept(), sent);
  EXPECT_EQ(number("SELECT count(*) FROM event"), 1);
  EXPECT_LT(number("SELECT length(bytes) FROM event"), 17 * 1000 / 4);
  EXPECT_EQ(ledger().counts.junk_runs, 1000);
  EXPECT_EQ(ledger().counts.junk_bytes, 17'000);
  EXPECT_EQ(ledger().counts.junk_dropped_runs, 0);
}

TEST_F(EventLogTest, PositionAndTimeOfEachRunOfJunkComeBack) {
  Feed all = feed();
  IncomingBatch batch =
      all.event(EntryKind::junk, noise(5)).connected().event(EntryKind::junk, noise(6)).batch();
  batch.entries[2].received_us = -7;
  ASSERT_TRUE(test::commit(store(), std::move(batch)));
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>> got;
  StoreReader(folder()).junk(
      linac_, [&](const JunkRun& junk) { got.emplace_back(junk.run, junk.seq, junk.received_us); });
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0], std::tuple(run_, 1U, 1'700'000'000'250'000));
  EXPECT_EQ(got[1], std::tuple(run_, 3U, -7));
}

TEST_F(EventLogTest, BeyondTheDaysJunkWhatComesIsCountedAndTheFirstIsKept) {
  std::vector<ByteVector> sent;
  for (int n = 0; n < 300; ++n) sent.push_back(noise(1'000));
  send_junk(sent);
  const std::vector<ByteVector> there = kept();
  ASSERT_GT(there.size(), 80U);
  ASSERT_LT(there.size(), 100U);
  EXPECT_TRUE(std::equal(there.begin(), there.end(), sent.begin()));
  const LedgerCounts counts = ledger().counts;
  EXPECT_EQ(counts.junk_runs, 300);
  EXPECT_EQ(counts.junk_bytes, 300'000);
  EXPECT_EQ(counts.junk_dropped_runs, 300 - static_cast<std::int64_t>(there.size()));
  EXPECT_EQ(counts.junk_dropped_bytes, counts.junk_dropped_runs * 1'000);
  EXPECT_EQ(store().stored_position(linac_, run_).seq, 1U);

  ++day_;
  send_junk({sent.front()});
  EXPECT_EQ(kept().size(), there.size() + 1);
}

TEST_F(EventLogTest, TheDaysJunkIsRememberedOverARestart) {
  std::vector<ByteVector> sent;
  for (int n = 0; n < 120; ++n) sent.push_back(noise(1'000));
  send_junk(sent);
  const std::size_t before = kept().size();
  store_.reset();
  send_junk({noise(1'000)});
  EXPECT_EQ(kept().size(), before);
}

TEST_F(EventLogTest, BeyondTheDaysJunkAShareOfTheDiskIsTaken) {
  limits_.junk_share_percent = 1;
  free_bytes_ = 50'000'000;  // of which 1 % is half a million
  std::vector<ByteVector> sent;
  for (int n = 0; n < 80; ++n) sent.push_back(noise(10'000));
  send_junk(sent);
  EXPECT_GT(kept().size(), 45U);
  EXPECT_LT(kept().size(), 52U);
  free_bytes_ = 0;
  const std::size_t before = kept().size();
  send_junk({noise(10'000)});
  EXPECT_EQ(kept().size(), before);
}

TEST_F(EventLogTest, FramesAreStoredWhateverBecomesOfTheJunkBetweenThem) {
  limits_.junk_bytes_per_day = 0;
  Feed all = feed();
  for (unsigned n = 0; n < 20; ++n) all.frame(message(n)).event(EntryKind::junk, noise(100));
  ASSERT_TRUE(test::commit(store(), all.batch()));
  EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), linac_), messages(0, 20)));
  EXPECT_EQ(ledger().counts.junk_dropped_runs, 20);
  EXPECT_TRUE(kept().empty());
}

TEST_F(EventLogTest, JunkOfBeforeTheStepIsRead) {
  store();
  const ByteVector old = noise(30);
  {
    Database database(folder() / "icom.db", Database::Access::read_write);
    Query insert(database,
                 "INSERT INTO event (linac, kind, run, seq, received_us, bytes) "
                 "VALUES (?, 2, 5, 6, 7, ?)");
    insert.bind(linac_, old);
    insert.run();
  }
  const ByteVector young = noise(40);
  send_junk({young});
  EXPECT_EQ(kept(), (std::vector<ByteVector>{old, young}));
}

TEST_F(EventLogTest, JunkWithoutAByteLeavesNothingButACount) {
  Feed all = feed();
  for (int n = 0; n < 1000; ++n) all.event(EntryKind::junk);
  ASSERT_TRUE(test::commit(store(), all.batch()));
  EXPECT_EQ(number("SELECT count(*) FROM event"), 0);
  EXPECT_EQ(ledger().counts.junk_runs, 1000);
}

TEST_F(EventLogTest, ConnectsBeyondTheDaysRowsAreCountedOnly) {
  Feed all = feed();
  for (int n = 0; n < 500; ++n) all.connected().event(EntryKind::disconnected);
  ASSERT_TRUE(test::commit(store(), all.batch()));
  EXPECT_EQ(number("SELECT count(*) FROM event"), 10);
  EXPECT_EQ(ledger().counts.events_dropped, 990);
  ++day_;
  ASSERT_TRUE(test::commit(store(), feed().connected().batch()));
  EXPECT_EQ(number("SELECT count(*) FROM event"), 11);
}

TEST_F(EventLogTest, HolesBeyondTheDaysRowsStayInTheSums) {
  Feed all = feed();
  all.frame(message(0));
  const ByteVector hole = encode_hole({.frames = 3, .frames_with_patient = 1, .reason = "bound"});
  for (int n = 0; n < 500; ++n) all.event(EntryKind::hole, hole);
  ASSERT_TRUE(test::commit(store(), all.batch()));
  EXPECT_EQ(number("SELECT count(*) FROM event"), 10);
  EXPECT_EQ(ledger().given_up.frames, 1'500);
  EXPECT_EQ(ledger().given_up.frames_with_patient, 500);
  EXPECT_EQ(ledger().given_up.reasons, "bound");
  EXPECT_EQ(ledger().counts.events_dropped, 0);
}

TEST_F(EventLogTest, AReasonIsKeptAsFarAsOneIsLong) {
  ASSERT_TRUE(
      test::commit(store(), feed().event(EntryKind::disconnected, noise(1'000'000)).batch()));
  EXPECT_EQ(number("SELECT length(bytes) FROM event"), 256);
}

TEST(JunkPackTest, WhateverIsCutOffOrFlippedIsRefusedOrRead) {
  JunkPack pack;
  const ByteVector bytes(9, std::byte{7});
  for (std::uint64_t seq = 1; seq <= 5; ++seq) pack.add({77, seq, 1'000, bytes});
  const ByteVector packed = pack.finish();
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_THROW(unpack_junk(Bytes(packed).first(size), [](const JunkRun&) {}), CorruptData);
  }
  for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
    ByteVector flipped = packed;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    std::size_t read = 0;
    try {
      unpack_junk(flipped, [&](const JunkRun& junk) { read += junk.bytes.size(); });
    } catch (const CorruptData&) {
      continue;
    }
    EXPECT_LE(read, flipped.size());
  }
}

}  // namespace
}  // namespace icom::store
