#include "gateway/store/store.hpp"

#include "gateway/store/sqlite.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::message;
using test::messages;
using test::operator+;

using StoreTest = test::StoreFixture;

TEST_F(StoreTest, FramesAreReadBackByteForByteAndInOrder) {
  const auto sent = messages(0, 40);
  store_all(sent);
  EXPECT_TRUE(test::same_frames(stored(), sent));
}

TEST_F(StoreTest, FramesFillChunksAndTheRestIsReadBackFromTheTail) {
  const auto sent = messages(0, 2 * 256 + 7);
  for (std::size_t at = 0, size = 1; at < sent.size(); at += size, size = size % 61 + 7) {
    const auto end = std::min(at + size, sent.size());
    store_all({sent.begin() + static_cast<std::ptrdiff_t>(at),
               sent.begin() + static_cast<std::ptrdiff_t>(end)});
  }
  EXPECT_TRUE(test::same_frames(stored(), sent));
  Database database(folder() / "icom.db", Database::Access::read_only);
  Query chunks(database, "SELECT count(*), sum(frames), min(frames) FROM chunk");
  ASSERT_TRUE(chunks.step());
  EXPECT_EQ(chunks.integer(0), 2);
  EXPECT_EQ(chunks.integer(1), 512);
  Query tail(database, "SELECT sum(frames) FROM tail");
  ASSERT_TRUE(tail.step());
  EXPECT_EQ(tail.integer(0), 7);
}

TEST_F(StoreTest, ALargeBatchGoesToChunksWithoutTailRows) {
  store_all(messages(0, 512));
  Database database(folder() / "icom.db", Database::Access::read_only);
  Query tail(database, "SELECT count(*) FROM tail");
  ASSERT_TRUE(tail.step());
  EXPECT_EQ(tail.integer(0), 0);
}

TEST_F(StoreTest, ReopeningAtEveryTailLengthContinuesTheCoding) {
  std::vector<ByteVector> sent;
  for (unsigned n = 0; n < 12; ++n) {
    sent.push_back(message(n));
    store_all({sent.back()});
    reopen();
    ASSERT_TRUE(test::same_frames(stored(), sent)) << "after frame " << n;
  }
}

TEST_F(StoreTest, ReopeningAroundAFullChunkContinues) {
  auto sent = messages(0, 254);
  store_all(sent);
  for (unsigned n = 254; n < 260; ++n) {
    reopen();
    sent.push_back(message(n));
    store_all({sent.back()});
  }
  EXPECT_TRUE(test::same_frames(stored(), sent));
}

TEST_F(StoreTest, PositionsSurviveAndEntriesUpToThemAreLeftOutUncounted) {
  ASSERT_TRUE(commit(feed(7).frames(messages(0, 10)).batch()));
  EXPECT_EQ(store_->stored_position(linac_, 7).seq, 10U);
  EXPECT_EQ(store_->stored_position(linac_, 8).seq, 0U);
  reopen();
  EXPECT_EQ(store_->stored_position(linac_, 7).seq, 10U);
  ASSERT_TRUE(commit(feed(7).frames(messages(0, 15)).batch()));
  EXPECT_EQ(store_->stored_position(linac_, 7).seq, 15U);
  EXPECT_EQ(ledger().counts.received, 15);
  EXPECT_EQ(ledger().counts.duplicates, 0);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 15)));
}

TEST_F(StoreTest, PositionsOfManyRunsAreToldInTheOrderInWhichTheyAreAskedFor) {
  ASSERT_TRUE(commit(feed(7).frames(messages(0, 10)).batch()));
  ASSERT_TRUE(commit(feed(9).frames(messages(10, 13)).batch()));
  const std::vector<std::uint64_t> runs{9, 8, 7, 9};
  std::vector<std::uint64_t> told;
  for (const StoredPosition& one : store_->stored_positions(linac_, runs)) told.push_back(one.seq);
  EXPECT_EQ(told, (std::vector<std::uint64_t>{3, 0, 10, 3}));
  EXPECT_TRUE(store_->stored_positions(linac_, {}).empty());
}

TEST_F(StoreTest, APositionTellsWhatStandsThereAndSurvivesWithIt) {
  const auto expect_told = [this](IncomingBatch batch) {
    const IncomingEntry& last = batch.entries.back();
    const StoredPosition expected{last.seq,
                                  entry_fingerprint(last.received_us, content_hash(last.bytes))};
    ASSERT_TRUE(commit(std::move(batch)));
    EXPECT_EQ(store_->stored_position(linac_, 7), expected);
    reopen();
    EXPECT_EQ(store_->stored_position(linac_, 7), expected);
  };
  test::Feed run = feed(7);
  expect_told(run.frames(messages(0, 3)).batch());
  expect_told(run.event(EntryKind::junk, ByteVector(10, std::byte{7})).batch());
  expect_told(run.connected().batch());
  expect_told(run.frames(messages(3, 9)).batch());
}

TEST_F(StoreTest, APositionFromBeforeFingerprintsIsTakenOn) {
  ASSERT_TRUE(commit(feed(7).frames(messages(0, 10)).batch()));
  store_.reset();
  {
    Database database(folder() / "icom.db", Database::Access::read_write);
    test::set_back_to_step_10(database);
    database.execute(
        "ALTER TABLE position DROP COLUMN fingerprint;"
        "ALTER TABLE linac RENAME COLUMN late_ranges TO late_epoch;"
        "ALTER TABLE linac ADD COLUMN late_time INT8;"
        "ALTER TABLE linac ADD COLUMN late_to_epoch INT8;"
        "ALTER TABLE linac ADD COLUMN late_to_time INT8;"
        "PRAGMA user_version = 8");
  }
  open();
  EXPECT_EQ(store_->stored_position(linac_, 7), (StoredPosition{10, 0}));
  ASSERT_TRUE(commit(feed(7).frames(messages(0, 11)).batch()));
  EXPECT_EQ(store_->stored_position(linac_, 7).seq, 11U);
  EXPECT_NE(store_->stored_position(linac_, 7).fingerprint, 0U);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 11)));
}

TEST_F(StoreTest, TheSameFramesOfAnotherRunAreDuplicates) {
  store_all(messages(0, 600));
  store_all(messages(0, 600));
  const LedgerCounts counts = ledger().counts;
  EXPECT_EQ(counts.received, 1200);
  EXPECT_EQ(counts.stored, 600);
  EXPECT_EQ(counts.duplicates, 600);
  EXPECT_EQ(ledger().gaps, 0);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 600)));
}

TEST_F(StoreTest, DuplicatesAreFoundHoweverOldTheyAre) {
  store_all(messages(0, 300));
  store_all(messages(300, 320, {}, 10 * 3600));
  reopen();
  store_all(messages(0, 300));
  EXPECT_EQ(ledger().counts.duplicates, 300);
  EXPECT_EQ(ledger().counts.stored, 320);
}

TEST_F(StoreTest, TheSameFrameTwiceInARowIsOneFrame) {
  store_all({message(0), message(1), message(1), message(1), message(2)});
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 3)));
  EXPECT_EQ(ledger().counts.duplicates, 2);
  EXPECT_EQ(ledger().gaps, 0);
}

TEST_F(StoreTest, AReplayBurstAfterAReconnectAddsOnlyWhatIsNew) {
  store_all(messages(0, 300));
  store_all(messages(200, 340));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 340)));
  EXPECT_EQ(ledger().counts.duplicates, 100);
  EXPECT_EQ(ledger().gaps, 0);
}

TEST_F(StoreTest, FramesOfOneSecondMayComeInTwoBatches) {
  for (unsigned n = 250; n < 262; ++n) {  // over the wrap of the counter
    store_all({message(n)});
  }
  EXPECT_TRUE(test::same_frames(stored(), messages(250, 262)));
  EXPECT_EQ(ledger().gaps, 0);
}

TEST_F(StoreTest, SameTimeAndCounterWithOtherBytesAreBothKeptAndFlagged) {
  const ByteVector other = message(5, test::Patient{});
  store_all({message(4), message(5), other, message(6)});
  const std::vector<ByteVector> expected{message(4), message(5), other, message(6)};
  EXPECT_TRUE(test::same_frames(stored(), expected));
  EXPECT_EQ(ledger().counts.conflicts, 1);
  EXPECT_EQ(ledger().gaps, 0);
  store_all({other});
  EXPECT_EQ(ledger().counts.duplicates, 1);
}

TEST_F(StoreTest, AConflictWithAnOldFrameStandsBesideIt) {
  store_all(messages(0, 300));
  const ByteVector other = message(100, test::Patient{});
  store_all({other});
  EXPECT_TRUE(test::same_frames(
      stored(), messages(0, 101) + std::vector<ByteVector>{other} + messages(101, 300)));
  EXPECT_EQ(ledger().counts.conflicts, 1);
  std::vector<bool> flags;
  StoreReader(folder()).all_frames(linac_, [&](const FrameKey& key, Bytes) {
    flags.push_back(key.conflict);
    return true;
  });
  EXPECT_EQ(std::count(flags.begin(), flags.end(), true), 1);
  EXPECT_TRUE(flags.at(101));
}

TEST_F(StoreTest, JunkIsCountedAndKept) {
  ByteVector junk(1234, std::byte{7});
  ASSERT_TRUE(
      commit(feed().frame(message(0)).event(EntryKind::junk, junk).frame(message(1)).batch()));
  EXPECT_EQ(ledger().counts.junk_runs, 1);
  EXPECT_EQ(ledger().counts.junk_bytes, 1234);
  EXPECT_EQ(ledger().counts.received, 2);
  EXPECT_EQ(ledger().gaps, 0);
  std::vector<ByteVector> kept;
  StoreReader(folder()).junk(
      linac_, [&](const JunkRun& one) { kept.emplace_back(one.bytes.begin(), one.bytes.end()); });
  EXPECT_EQ(kept, std::vector<ByteVector>{junk});
}

TEST_F(StoreTest, ASecondWriterIsRefused) {
  try {
    const Store second(folder(), {}, nullptr);
    FAIL() << "opened twice";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("in use"), std::string::npos) << error.what();
  }
}

TEST_F(StoreTest, AStoreOfANewerProgramIsRefused) {
  store_.reset();
  {
    Database database(folder() / "icom.db", Database::Access::read_write);
    database.execute("PRAGMA user_version = 999");
  }
  EXPECT_THROW(open(), std::runtime_error);
  EXPECT_THROW(StoreReader{folder()}, std::runtime_error);
}

TEST_F(StoreTest, TheQueueIsBoundedButTakesALargeBatchWhenItIsAlone) {
  store_.reset();
  const Store small(folder(), {.max_queued_bytes = 1}, nullptr);
  Store& store = const_cast<Store&>(small);
  EXPECT_TRUE(test::commit(store, feed(1).frames(messages(0, 50)).batch()));
}

// The disk is full for one batch only, and has room again for those behind it.
TEST_F(StoreTest, NothingOfAChainIsStoredBehindABatchThatFailed) {
  store::Database other(folder() / "icom.db", store::Database::Access::read_write);
  other.execute(
      "CREATE TRIGGER full BEFORE INSERT ON position WHEN NEW.seq = 20 "
      "BEGIN SELECT RAISE(ABORT, 'no room'); END");
  const auto chain = std::make_shared<store::BatchChain>();
  test::Feed chained = feed();
  const auto next_ten = [&](unsigned from) {
    store::IncomingBatch batch = chained.frames(messages(from, from + 10)).batch();
    batch.chain = chain;
    return batch;
  };
  EXPECT_TRUE(commit(next_ten(0)));
  EXPECT_FALSE(commit(next_ten(10)));
  EXPECT_FALSE(commit(next_ten(20)));
  EXPECT_EQ(store_->stored_position(linac_, 1).seq, 10U);

  other.execute("DROP TRIGGER full");
  EXPECT_FALSE(commit(next_ten(30)));
  EXPECT_TRUE(commit(feed().from_seq(11).frames(messages(10, 40)).batch()));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 40)));
}

TEST_F(StoreTest, ChainsDoNotBreakEachOther) {
  store::Database other(folder() / "icom.db", store::Database::Access::read_write);
  other.execute(
      "CREATE TRIGGER full BEFORE INSERT ON position WHEN NEW.seq = 20 "
      "BEGIN SELECT RAISE(ABORT, 'no room'); END");
  store::IncomingBatch failing = feed().frames(messages(0, 20)).batch();
  failing.chain = std::make_shared<store::BatchChain>();
  EXPECT_FALSE(commit(std::move(failing)));
  store::IncomingBatch good = feed().frames(messages(0, 10)).batch();
  good.chain = std::make_shared<store::BatchChain>();
  EXPECT_TRUE(commit(std::move(good)));
}

TEST_F(StoreTest, FilesAreNotReadableByOthers) {
  store_all(messages(0, 3));
  for (const auto& file : std::filesystem::directory_iterator(folder())) {
    const auto others = file.status().permissions() & std::filesystem::perms::others_all;
    EXPECT_EQ(others, std::filesystem::perms::none) << file.path().filename();
  }
}

TEST_F(StoreTest, LinacsAreIndependent) {
  const LinacId other = store_->linac("rccc", "2619");
  EXPECT_NE(other, linac_);
  EXPECT_EQ(store_->linac("rccc", "2619"), other);
  store_all(messages(0, 20));
  test::Feed to_other(other, 1);
  ASSERT_TRUE(commit(to_other.frames(messages(0, 20)).batch()));
  EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), other), messages(0, 20)));
  EXPECT_EQ(ledger().counts.stored, 20);
  EXPECT_EQ(ledger().counts.duplicates, 0);
}

/// A reader that takes its time must not keep the log from beginning anew: it would grow for as
/// long, until the disk is full.
TEST_F(StoreTest, WhileAReaderHandlesWhatItGotTheLogCanBeginAnew) {
  const auto sent = test::messages(0, 700);
  store_all(sent);
  std::size_t read = 0;
  StoreReader(folder()).all_frames(linac_, [&](const FrameKey& key, Bytes frame) {
    EXPECT_EQ(ByteVector(frame.begin(), frame.end()), sent.at(read));
    if (++read % 100 == 0) {
      EXPECT_TRUE(commit(feed(2).from_seq(read).frame(test::message(700 + key.counter)).batch()));
      Database writer(folder() / "icom.db", Database::Access::read_write);
      Query checkpoint(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
      EXPECT_TRUE(checkpoint.step());
      EXPECT_EQ(checkpoint.integer(0), 0) << "somebody is in the way";
    }
    return true;
  });
  EXPECT_EQ(read, 700U) << "what came meanwhile is not of all that was stored when it was called";
}

}  // namespace
}  // namespace icom::store
