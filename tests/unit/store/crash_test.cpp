// What survives when the process dies or the disk refuses, at every step.
#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::messages;
using test::operator+;

using CrashTest = test::StoreFixture;

// The files as they are on disk at this moment: what a killed process leaves behind.
void copy_store(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::remove_all(to);
  std::filesystem::create_directories(to);
  for (const char* name : {"icom.db", "icom.db-wal"}) {
    if (std::filesystem::exists(from / name)) {
      std::filesystem::copy_file(from / name, to / name);
    }
  }
}

TEST_F(CrashTest, WhatWasAcknowledgedIsInTheFilesAndNoByteOfTheNextCommit) {
  const auto all = messages(0, 300, test::Patient{});
  const auto copy = temporary_.path() / "copy";
  test::Feed from = feed(1);
  std::size_t sent = 0;
  for (std::size_t size = 1; sent + size <= all.size(); size = size * 3 % 17 + 1) {
    for (std::size_t i = 0; i < size; ++i) {
      from.frame(all[sent + i]);
    }
    ASSERT_TRUE(commit(from.batch()));
    sent += size;
    copy_store(folder(), copy);

    Store survivor(copy, {}, nullptr);
    const std::vector<ByteVector> expected(all.begin(),
                                           all.begin() + static_cast<std::ptrdiff_t>(sent));
    ASSERT_TRUE(test::same_frames(test::stored_frames(copy, linac_), expected)) << sent;
    ASSERT_EQ(survivor.stored_position(linac_, 1).seq, sent);
    // And it goes on from there: what was not acknowledged is sent again, with the rest.
    test::Feed again(linac_, 1);
    ASSERT_TRUE(test::commit(survivor, again.frames(all).batch()));
    ASSERT_TRUE(test::same_frames(test::stored_frames(copy, linac_), all)) << sent;
    const auto records = StoreReader(copy).records({.with_undelivered = true});
    ASSERT_EQ(records.size(), 1U);
    ASSERT_EQ(records[0].stored.record.frames, 300);
  }
}

// A file-size limit for this process makes every write beyond it fail, as a full disk does.
class FullDisk {
 public:
  explicit FullDisk(std::uint64_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(CrashTest, ADiskThatFillsUpAnywhereInACommitLeavesNoHalfBatch) {
  const auto first = messages(0, 100, test::Patient{});
  const auto second = messages(100, 420, test::Patient{});
  int failed = 0;
  // Room in steps of half a page: the write that fails is another one each time.
  for (std::uint64_t room = 0; room < 200'000; room += 4096) {
    store_.reset();
    std::filesystem::remove_all(folder());
    open();
    ASSERT_TRUE(commit(feed(1).frames(first).batch()));
    bool stored_at_once = false;
    {
      const FullDisk full(std::filesystem::file_size(folder() / "icom.db-wal") + room);
      stored_at_once = commit(feed(1).from_seq(101).frames(second).batch());
    }
    if (!stored_at_once) {
      ++failed;
      ASSERT_TRUE(test::same_frames(stored(), first)) << room;
      ASSERT_EQ(store_->stored_position(linac_, 1).seq, 100U);
      ASSERT_EQ(ledger().counts.received, 100);
      ASSERT_TRUE(commit(feed(1).from_seq(101).frames(second).batch())) << room;
    }
    ASSERT_TRUE(test::same_frames(stored(), first + second)) << room;
    ASSERT_EQ(ledger().counts.stored, 420);
    ASSERT_EQ(records().at(0).stored.record.frames, 420);
    if (stored_at_once) {
      break;
    }
  }
  EXPECT_GT(failed, 3);
}

TEST_F(CrashTest, ACommitThatFailsForOneLinacDoesNotStopAnother) {
  const LinacId unknown = 4711;  // no such row: the foreign key refuses it
  test::Feed bad(unknown, 1);
  EXPECT_FALSE(commit(bad.frames(messages(0, 3)).batch()));
  store_all(messages(0, 3));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 3)));
}

class Watcher : public StoreObserver {
 public:
  void frame_stored(LinacId, const FrameIdentity& identity, Bytes bytes) override {
    EXPECT_EQ(content_hash(bytes), identity.hash);
    ++frames;
  }
  void record_changed(std::int64_t record) override { records.push_back(record); }
  int frames = 0;
  std::vector<std::int64_t> records;
};

TEST_F(CrashTest, TheObserverHearsOfNewFramesAndClosedRecordsOnly) {
  Watcher watcher;
  store_.reset();
  open(&watcher);
  store_all(messages(0, 4) + messages(4, 20, test::Patient{}));
  store_all(messages(0, 4));
  store_.reset();  // joins the writer's thread
  EXPECT_EQ(watcher.frames, 20);
  EXPECT_TRUE(watcher.records.empty());
  open(&watcher);
  store_all(messages(20, 22));
  store_.reset();
  EXPECT_EQ(watcher.frames, 22);
  EXPECT_EQ(watcher.records.size(), 1U);
}

// Flips a bit in the middle of the blob that `select` gives, and puts it back with `update`.
void damage(const std::filesystem::path& folder, const char* select, const char* update) {
  Database database(folder / "icom.db", Database::Access::read_write);
  ByteVector data;
  {
    Query query(database, select);
    ASSERT_TRUE(query.step());
    data.assign(query.blob(0).begin(), query.blob(0).end());
  }
  data[data.size() / 2] ^= std::byte{1};
  Query query(database, update);
  query.bind(data);
  query.run();
}

TEST_F(CrashTest, AFlippedBitInAChunkIsNoticedOnReading) {
  store_all(messages(0, 256));
  store_.reset();
  damage(folder(), "SELECT data FROM chunk", "UPDATE chunk SET data = ?");
  EXPECT_THROW(std::ignore = stored(), std::runtime_error);
}

TEST_F(CrashTest, ADamagedKeyListDoesNotStopTheLinac) {
  store_all(messages(0, 300));
  store_.reset();
  {
    Database database(folder() / "icom.db", Database::Access::read_write);
    database.execute("UPDATE chunk SET keys = substr(keys, 1, 100)");
  }
  open();
  // A replay that reaches into the damaged chunk, then the stream goes on.
  store_all(messages(250, 310));
  store_all(messages(310, 320));
  EXPECT_GE(ledger().counts.stored, 320);
  EXPECT_EQ(ledger().counts.received, 370);
}

TEST_F(CrashTest, ADamagedTailRowIsSetAsideAndTheLinacGoesOn) {
  store_all(messages(0, 10));
  store_all(messages(10, 20));
  store_all(messages(20, 30));
  store_.reset();
  damage(folder(), "SELECT data FROM tail WHERE part = 10",
         "UPDATE tail SET data = ? WHERE part = 10");
  open();
  store_all(messages(30, 40));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 10) + messages(30, 40)));
  Database database(folder() / "icom.db", Database::Access::read_only);
  Query aside(database, "SELECT sum(frames) FROM damaged_tail");
  ASSERT_TRUE(aside.step());
  EXPECT_EQ(aside.integer(0), 20);
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "hole");
  EXPECT_EQ(gaps()[0].missing, 20);
  EXPECT_EQ(gaps()[0].given_up, (GivenUp{0, 0, "corrupt"}));
}

TEST_F(CrashTest, FramesOfADamagedTailRowThatComeAgainFillTheirPlace) {
  store_all(messages(0, 10));
  store_all(messages(10, 20));
  store_.reset();
  damage(folder(), "SELECT data FROM tail WHERE part = 10",
         "UPDATE tail SET data = ? WHERE part = 10");
  open();
  store_all(messages(5, 30));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 30)));
  EXPECT_TRUE(gaps().empty());
}

TEST_F(CrashTest, ARecordThatADamagedTailRowCutsIsNotComplete) {
  store_all(messages(0, 10) + messages(10, 20, test::Patient{}));
  store_all(messages(20, 30, test::Patient{}));
  store_.reset();
  damage(folder(), "SELECT data FROM tail WHERE part = 20",
         "UPDATE tail SET data = ? WHERE part = 20");
  open();
  store_all(messages(30, 40, test::Patient{}) + messages(40, 44));
  const auto found = records();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].stored.record.complete());
  EXPECT_EQ(found[0].stored.record.gaps, 1);
}

TEST_F(CrashTest, ADamagedChunkInTheOpenRecordDoesNotStopTheLinac) {
  store_all(messages(0, 300, test::Patient{}));
  store_.reset();
  damage(folder(), "SELECT data FROM chunk", "UPDATE chunk SET data = ?");
  open();
  store_all(messages(300, 310, test::Patient{}) + messages(310, 312));
  EXPECT_EQ(ledger().counts.stored, 312);
}

}  // namespace
}  // namespace icom::store
