// What one site or Linac costs the store does not hold up the others: time is the test's own.
#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/store/sqlite.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using namespace std::chrono_literals;
using test::Feed;
using test::message;
using test::messages;

/// A clock on which each entry that is applied takes so long; it stands still, and with it the
/// store, while it is held.
class CostlyClock {
 public:
  explicit CostlyClock(std::chrono::microseconds each) : each_(each) {}

  std::chrono::steady_clock::time_point now() {
    std::unique_lock lock(mutex_);
    waiting_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    waiting_ = false;
    now_ += each_;
    return now_;
  }
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  /// The store stands at the clock.
  bool wait_until_held() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [this] { return waiting_; });
  }

 private:
  const std::chrono::microseconds each_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool waiting_ = false;
  std::chrono::steady_clock::time_point now_{1h};
};

class StoreTurnsTest : public testing::Test {
 protected:
  ~StoreTurnsTest() override { clock_.let_go(); }

  void submit(IncomingBatch batch, const std::string& name) {
    batch.done = [this, name](bool stored) {
      const std::lock_guard lock(mutex_);
      done_.push_back(name + (stored ? "" : " failed"));
      changed_.notify_all();
    };
    ASSERT_TRUE(store_->submit(std::move(batch)));
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 60s, [&] { return done_.size() >= count; }));
    return done_;
  }
  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / "store"; }

  CostlyClock clock_{5ms};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> done_;
  test::TemporaryFolder temporary_;
  std::unique_ptr<Store> store_ = std::make_unique<Store>(
      folder(), Store::Options{.clock = [this] { return clock_.now(); }}, nullptr);
  LinacId costly_ = store_->linac("costly", "1");
  LinacId cheap_ = store_->linac("cheap", "2");
};

TEST_F(StoreTurnsTest, ABatchThatCostsMuchIsStoredInPartsAndOthersAreDoneMeanwhile) {
  clock_.hold();
  submit(Feed(costly_, 1).frames(messages(0, 200)).batch(), "costly");
  ASSERT_TRUE(clock_.wait_until_held());
  submit(Feed(costly_, 2).frames(messages(200, 300)).batch(), "costly, second");
  submit(Feed(cheap_, 1).frames(messages(0, 1)).batch(), "cheap");
  clock_.let_go();
  EXPECT_EQ(wait_for(3), (std::vector<std::string>{"cheap", "costly", "costly, second"}));
  EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), costly_), messages(0, 300)));
  EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), cheap_), messages(0, 1)));
  EXPECT_EQ(store_->stored_position(costly_, 1).seq, 200U);
}

TEST_F(StoreTurnsTest, FramesThatDoNotCompressAreStoredInPartsThoughTakingThemIsQuick) {
  store_.reset();
  CostlyClock quick(1ms);
  store_ = std::make_unique<Store>(folder(), Store::Options{.clock = [&] { return quick.now(); }},
                                   nullptr);
  Feed large(costly_, 1);
  for (unsigned n = 0; n < 8; ++n) {
    large.frame(test::large_message(n, 1'000'000));
  }
  quick.hold();
  submit(large.batch(), "large");
  ASSERT_TRUE(quick.wait_until_held());
  submit(Feed(cheap_, 1).frames(messages(0, 1)).batch(), "cheap");
  quick.let_go();
  EXPECT_EQ(wait_for(2), (std::vector<std::string>{"cheap", "large"}));
  store_.reset();
}

TEST_F(StoreTurnsTest, ManyNewRunsAreStoredInPartsThoughTakingThemIsQuick) {
  store_.reset();
  CostlyClock quick(2us);
  store_ = std::make_unique<Store>(folder(), Store::Options{.clock = [&] { return quick.now(); }},
                                   nullptr);
  Feed feed(costly_, 1);
  for (unsigned i = 0; i < 4'000; ++i) {
    feed.event(EntryKind::junk, ByteVector(1));
  }
  IncomingBatch runs = feed.batch();
  for (std::uint64_t run = 1; IncomingEntry & entry : runs.entries) {
    entry.run = run++;
    entry.seq = 1;
  }
  quick.hold();
  submit(std::move(runs), "runs");
  ASSERT_TRUE(quick.wait_until_held());
  submit(Feed(cheap_, 1).frame(message(0)).batch(), "cheap");
  quick.let_go();
  EXPECT_EQ(wait_for(2), (std::vector<std::string>{"cheap", "runs"}));
  store_.reset();
}

TEST_F(StoreTurnsTest, ACostlyLinacDoesNotHoldUpTheOthersOfItsSite) {
  const LinacId other = store_->linac("costly", "3");
  clock_.hold();
  submit(Feed(costly_, 1).frames(messages(0, 200)).batch(), "costly");
  ASSERT_TRUE(clock_.wait_until_held());
  submit(Feed(other, 1).frames(messages(0, 1)).batch(), "other");
  clock_.let_go();
  EXPECT_EQ(wait_for(2), (std::vector<std::string>{"other", "costly"}));
}

TEST_F(StoreTurnsTest, ASiteHasOneShareOfTheStoreHoweverManyLinacsItHas) {
  std::vector<LinacId> many;
  for (const char* const serial : {"3", "4", "5", "6", "7", "8"}) {
    many.push_back(store_->linac("costly", serial));
  }
  clock_.hold();
  submit(Feed(costly_, 1).frames(messages(0, 40)).batch(), "costly");
  ASSERT_TRUE(clock_.wait_until_held());
  for (const LinacId linac : many) {
    submit(Feed(linac, 1).frames(messages(0, 40)).batch(), "costly");
  }
  submit(Feed(cheap_, 1).frames(messages(0, 80)).batch(), "cheap");
  clock_.let_go();
  EXPECT_EQ(wait_for(many.size() + 2).front(), "cheap");
}

TEST_F(StoreTurnsTest, AFullQueueTakesTheFirstBatchOfEachLinacAllTheSame) {
  store_.reset();
  store_ = std::make_unique<Store>(
      folder(), Store::Options{.max_queued_bytes = 1'000, .clock = [this] { return clock_.now(); }},
      nullptr);
  clock_.hold();
  submit(Feed(costly_, 1).frames(messages(0, 20)).batch(), "costly");
  ASSERT_TRUE(clock_.wait_until_held());
  EXPECT_FALSE(store_->submit(Feed(costly_, 2).frames(messages(20, 21)).batch()));
  submit(Feed(cheap_, 1).frames(messages(0, 1)).batch(), "cheap");
  EXPECT_FALSE(store_->submit(Feed(cheap_, 2).frames(messages(1, 2)).batch()));
  clock_.let_go();
  wait_for(2);
}

TEST_F(StoreTurnsTest, WhereAPartOfABatchCannotBeStoredThePositionTellsHowFarItIs) {
  Database other(folder() / "icom.db", Database::Access::read_write);
  other.execute(
      "CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.seq = 100 "
      "BEGIN SELECT RAISE(ABORT, 'no room'); END");
  const auto chain = std::make_shared<BatchChain>();
  Feed feed(costly_, 1);
  IncomingBatch first = feed.frames(messages(0, 99)).connected().frames(messages(99, 150)).batch();
  IncomingBatch second = feed.frames(messages(150, 160)).batch();
  first.chain = chain;
  second.chain = chain;
  clock_.hold();
  submit(std::move(first), "first");
  submit(std::move(second), "second");
  submit(Feed(cheap_, 1).frames(messages(0, 1)).batch(), "cheap");
  clock_.let_go();
  EXPECT_EQ(wait_for(3), (std::vector<std::string>{"cheap", "first failed", "second failed"}));
  const std::uint64_t position = store_->stored_position(costly_, 1).seq;
  EXPECT_GT(position, 0U);
  EXPECT_LT(position, 100U);
  EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), costly_),
                                messages(0, static_cast<unsigned>(position))));

  other.execute("DROP TRIGGER full");
  submit(Feed(costly_, 1).frames(messages(0, 99)).connected().frames(messages(99, 160)).batch(),
         "again");
  wait_for(4);
  EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), costly_), messages(0, 160)));
  EXPECT_EQ(StoreReader(folder()).ledger("1", {}).at(0).counts.duplicates, 0);
}

TEST_F(StoreTurnsTest, TheEndWaitsForWhatIsQueuedNoLongerThanItsTime) {
  clock_.hold();
  for (std::uint64_t run = 1; run <= 100; ++run) {
    const auto from = static_cast<unsigned>(run) * 10;
    submit(Feed(costly_, run).frames(messages(from, from + 10)).batch(), "batch");
  }
  std::thread end([this] { store_.reset(); });
  clock_.let_go();
  end.join();
  const auto done = wait_for(100);
  EXPECT_EQ(std::ranges::count(done, "batch") + std::ranges::count(done, "batch failed"), 100);
  EXPECT_GT(std::ranges::count(done, "batch"), 0);
  EXPECT_GT(std::ranges::count(done, "batch failed"), 0);
  EXPECT_EQ(static_cast<std::ptrdiff_t>(test::stored_frames(folder(), costly_).size()) / 10,
            std::ranges::count(done, "batch"));
}

TEST_F(StoreTurnsTest, WhatIsStoredOfABatchInPartsIsInThePositionBeforeTheBatchIsDone) {
  clock_.hold();
  submit(Feed(costly_, 1).frames(messages(0, 200)).batch(), "costly");
  ASSERT_TRUE(clock_.wait_until_held());
  submit(Feed(cheap_, 1).frames(messages(0, 1)).batch(), "cheap");
  std::atomic<std::uint64_t> position{0};
  IncomingBatch last = Feed(cheap_, 2).frames(messages(1, 2)).batch();
  last.done = [&](bool) { position = store_->stored_position(costly_, 1).seq; };
  ASSERT_TRUE(store_->submit(std::move(last)));
  clock_.let_go();
  wait_for(2);
  EXPECT_GT(position, 0U);
  EXPECT_LT(position, 200U);
}

TEST_F(StoreTurnsTest, ASiteGoesOnWithItsOtherLinacsWhileTheyStayWithinItsTurn) {
  store_.reset();
  CostlyClock quick(1ms);
  store_ = std::make_unique<Store>(folder(), Store::Options{.clock = [&] { return quick.now(); }},
                                   nullptr);
  const LinacId second = store_->linac("many", "2");
  const LinacId third = store_->linac("many", "3");
  quick.hold();
  submit(Feed(store_->linac("many", "1"), 1).frame(message(0)).batch(), "first");
  ASSERT_TRUE(quick.wait_until_held());
  submit(Feed(second, 1).frame(message(0)).batch(), "second");
  submit(Feed(cheap_, 1).frame(message(0)).batch(), "cheap");
  submit(Feed(third, 1).frame(message(0)).batch(), "third");
  quick.let_go();
  EXPECT_EQ(wait_for(4).back(), "cheap");
  store_.reset();
}

TEST_F(StoreTurnsTest, NobodyElseWaitsForALargeEntryInTheSameTransaction) {
  store_.reset();
  CostlyClock quick(1ms);
  store_ = std::make_unique<Store>(folder(), Store::Options{.clock = [&] { return quick.now(); }},
                                   nullptr);
  const LinacId other = store_->linac("costly", "3");
  quick.hold();
  submit(Feed(cheap_, 1).frame(message(0)).batch(), "cheap");
  ASSERT_TRUE(quick.wait_until_held());
  submit(Feed(costly_, 1).frame(test::large_message(0, 400'000)).batch(), "large");
  std::atomic<std::uint64_t> stored_with_cheap{0};
  IncomingBatch last = Feed(cheap_, 2).frame(message(1)).batch();
  last.done = [&](bool) { stored_with_cheap = store_->stored_position(costly_, 1).seq; };
  ASSERT_TRUE(store_->submit(std::move(last)));
  submit(Feed(other, 1).frame(message(0)).batch(), "other");
  quick.let_go();
  EXPECT_EQ(wait_for(3).back(), "large");
  EXPECT_EQ(stored_with_cheap, 0U);
  EXPECT_EQ(store_->stored_position(costly_, 1).seq, 1U);
  store_.reset();
}

TEST_F(StoreTurnsTest, ATransactionEndsEarlierWhereAnotherSiteWaitsForACostlyOne) {
  clock_.hold();
  submit(Feed(costly_, 1).frames(messages(0, 200)).batch(), "costly");
  ASSERT_TRUE(clock_.wait_until_held());
  std::atomic<std::uint64_t> stored_with_cheap{0};
  IncomingBatch cheap = Feed(cheap_, 1).frame(message(0)).batch();
  cheap.done = [&](bool) { stored_with_cheap = store_->stored_position(costly_, 1).seq; };
  ASSERT_TRUE(store_->submit(std::move(cheap)));
  clock_.let_go();
  wait_for(1);
  EXPECT_GT(stored_with_cheap, 0U);
  EXPECT_LE(stored_with_cheap, 5U) << "of 5 ms each; 50 ms would be taken for the site alone";
}

/// Costly fails, in a transaction in which cheap has its part too.
class StoreOfAFailingLinacTest : public StoreTurnsTest {
 protected:
  void commit_both() {
    clock_.hold();
    submit(Feed(cheap_, 1).frame(message(0)).batch(), "cheap");
    ASSERT_TRUE(clock_.wait_until_held());
    submit(Feed(costly_, 2).frame(message(100)).batch(), "costly");
    clock_.let_go();
  }
  void execute(const char* sql) {
    Database(folder() / "icom.db", Database::Access::read_write).execute(sql);
  }
  /// The tail's row is of several pages, and the second one tells of a next one that is not there.
  void damage_tail() {
    const auto file = folder() / "icom.db";
    execute(
        "UPDATE tail SET data = CAST(replace(hex(zeroblob(4000)), '00', 'marker') AS BLOB) "
        "WHERE linac = (SELECT id FROM linac WHERE site = 'costly')");
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    const std::string all{std::istreambuf_iterator<char>(bytes), {}};
    constexpr std::size_t kPage = 1'024;
    for (std::size_t page = kPage; page + kPage <= all.size(); page += kPage) {
      if (all.find("markermarkermarker", page + 4) < page + 10 && all[page] == '\0') {
        bytes.seekp(static_cast<std::streamoff>(page));
        bytes.write("\x7F\xFF\xFF\xFF", 4);
        return;
      }
    }
    FAIL() << "no such page";
  }
};

TEST_F(StoreOfAFailingLinacTest, OneThatCannotBeLoadedStopsNoOther) {
  submit(Feed(costly_, 1).frames(messages(0, 10)).batch(), "before");
  wait_for(1);
  store_.reset();
  damage_tail();
  store_ = std::make_unique<Store>(
      folder(), Store::Options{.clock = [this] { return clock_.now(); }}, nullptr);
  store_->linac("cheap", "2");  // is the first in the transaction
  store_->linac("costly", "1");
  commit_both();
  EXPECT_THAT(wait_for(3), testing::UnorderedElementsAre("before", "cheap", "costly failed"));
}

TEST_F(StoreOfAFailingLinacTest, OneThatCannotBeTakenStopsNoOther) {
  execute(
      "CREATE TRIGGER full BEFORE INSERT ON ledger WHEN NEW.linac = "
      "(SELECT id FROM linac WHERE site = 'costly') BEGIN SELECT RAISE(ABORT, 'no room'); END");
  commit_both();
  EXPECT_THAT(wait_for(2), testing::UnorderedElementsAre("cheap", "costly failed"));
}

}  // namespace
}  // namespace icom::store
