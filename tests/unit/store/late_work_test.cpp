// What late frames cost: frames read to build records again, counted.
#include "gateway/store/linac_log.hpp"
#include "gateway/store/schema.hpp"
#include "tests/unit/store/settled_log.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::messages;

/// A Linac's log on a database of its own, a transaction for each batch.
class LateWorkTest : public testing::Test {
 protected:
  LateWorkTest() : database_(folder_.path() / "icom.db", Database::Access::read_write) {
    upgrade_schema(database_);
    database_.execute(
        "INSERT INTO linac (id, site, serial, counter_at) VALUES (1, 'nbcc', '4299', 26)");
    open();
  }
  void open(RebuildPace pace = kPace) {
    log_.reset();
    log_.emplace(database_, zstd_, 1, limits_, pace, [this] { return now_ += each_reading_; });
  }
  /// Returns how many frames were read to build records again.
  std::int64_t commit(const IncomingBatch& batch,
                      std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
    const std::int64_t before = log_->frames_built_again();
    Transaction transaction(database_, Transaction::Kind::write);
    for (const IncomingEntry& entry : batch.entries) {
      log_->take(entry);
    }
    std::vector<std::int64_t> changed;
    CommitBudget budget{.frames_to_build = most};
    log_->flush(changed, budget);
    transaction.commit();
    return log_->frames_built_again() - before;
  }
  void settle() { test::settle_piece(database_, *log_); }
  void settle_all() { EXPECT_TRUE(test::settle_all_pieces(database_, *log_, 1'000)); }
  [[nodiscard]] std::int64_t count(const char* query) {
    Query all(database_, query);
    return all.step() ? all.integer(0) : 0;
  }
  [[nodiscard]] std::int64_t ranges_kept() {  // eight numbers each
    return count(
               "SELECT length(late_ranges) - length(replace(late_ranges, ' ', '')) + 1 FROM "
               "linac") /
           8;
  }
  [[nodiscard]] std::int64_t frames_in_records() { return count("SELECT sum(frames) FROM record"); }
  /// One patient's record, of which every third frame is missed.
  void send_two_of_three() {
    std::vector<ByteVector> sent;
    for (std::size_t n = 0; n < all_.size(); ++n) {
      if (n % 3 != 1) {
        sent.push_back(all_[n]);
      }
    }
    commit(test::Feed(1, 1).connected().frames(sent).batch());
  }

  /// Late frames until there is something left to build; how many frames are stored then.
  std::int64_t leave_some_to_build() {
    send_two_of_three();
    test::Feed late(1, 2);
    std::size_t n = 1;
    for (; !log_->is_unsettled() && n < all_.size(); n += 3) {
      commit(late.connected().received_at(0).frame(all_[n]).batch());
    }
    EXPECT_TRUE(log_->is_unsettled());
    const std::int64_t stored = 600 + static_cast<std::int64_t>(n - 1) / 3;
    EXPECT_LT(frames_in_records(), stored);
    return stored;
  }

  static constexpr RebuildPace kPace{.per_commit = 20, .at_once = 2'000};
  // Of the clock, which stands still unless told otherwise.
  std::chrono::steady_clock::time_point now_;
  std::chrono::milliseconds each_reading_{0};
  test::TemporaryFolder folder_;
  Database database_;
  ZstdCodec zstd_;
  const EventLimits limits_{.free_bytes = [] { return std::uint64_t{1} << 30U; },
                            .day = [] { return std::int64_t{0}; }};
  std::optional<LinacLog> log_;
  const std::vector<ByteVector> all_ = messages(0, 900, test::Patient{});
};

TEST_F(LateWorkTest, LateFramesInOneCommitBuildTheirRecordOnce) {
  send_two_of_three();
  test::Feed late(1, 2);
  for (std::size_t n = 898; n > 0; n -= 3) {  // 898, 895, ... 1: the last comes first
    late.connected().received_at(0).frame(all_[n]);
    if (n < 3) {
      break;
    }
  }
  commit(late.batch());
  EXPECT_FALSE(log_->is_unsettled());
  EXPECT_EQ(log_->frames_built_again(), 900);
  EXPECT_EQ(frames_in_records(), 900);
}

TEST_F(LateWorkTest, OneLateFramePerCommitCostsALimitedAmountEach) {
  send_two_of_three();
  test::Feed late(1, 2);
  std::int64_t commits = 0;
  for (std::size_t n = 1; n < all_.size(); n += 3, ++commits) {
    commit(late.connected().received_at(0).frame(all_[n]).batch());
  }
  ASSERT_EQ(commits, 300);
  // Each late frame is one more to read than was expected.
  EXPECT_LE(log_->frames_built_again(), kPace.at_once + commits * (kPace.per_commit + 2));
  settle_all();
  EXPECT_EQ(frames_in_records(), 900);
}

TEST_F(LateWorkTest, LateFramesFarApartCostTheSame) {
  constexpr RebuildPace kSlow{.per_commit = 20, .at_once = 400};
  open(kSlow);
  // Two records of a thousand frames, four hours apart, of which every third frame is missed.
  std::vector<ByteVector> sent;
  std::vector<std::vector<ByteVector>> missed(2);
  for (unsigned part = 0; part < 2; ++part) {
    const unsigned begin = part * 4 * 4 * 3'600;
    for (unsigned n = begin; n < begin + 1'000; ++n) {
      (n % 3 == 1 ? missed[part] : sent).push_back(test::message(n, test::Patient{}));
    }
    sent.push_back(test::message(begin + 1'000));
  }
  commit(test::Feed(1, 1).connected().frames(sent).batch());
  test::Feed late(1, 2);
  std::int64_t commits = 0;
  for (; commits < std::ssize(missed[0]) && commits < std::ssize(missed[1]); ++commits) {
    for (const auto& part : missed) {
      late.connected().received_at(0).frame(part[static_cast<std::size_t>(commits)]);
    }
    EXPECT_LE(commit(late.batch()), kSlow.most_per_commit()) << commits;
  }
  EXPECT_LE(log_->frames_built_again(), kSlow.most_per_commit() + commits * kSlow.per_commit);
  EXPECT_TRUE(log_->is_unsettled());
  settle_all();
  EXPECT_EQ(frames_in_records(), count("SELECT sum(stored) FROM ledger") - 2);
  EXPECT_EQ(count("SELECT count(*) FROM record WHERE frames > 0"), 2);
}

TEST_F(LateWorkTest, MoreRangesThanAreKeptAreJoinedAndNoneIsForgotten) {
  constexpr RebuildPace kSlow{.per_commit = 2, .at_once = 20};
  open(kSlow);
  constexpr unsigned kRecords = 40;
  constexpr unsigned kApart = 20 * 60 * 4;
  std::vector<ByteVector> sent;
  test::Feed late(1, 2);
  for (unsigned record = 0; record < kRecords; ++record) {
    const test::Patient patient{.id = std::to_string(record)};
    for (unsigned n = 0; n < 30; ++n) {
      const ByteVector frame = test::message(record * kApart + n, patient);
      if (n == 10) {
        late.connected().received_at(0).frame(frame);
      } else {
        sent.push_back(frame);
      }
    }
    sent.push_back(test::message(record * kApart + 30));
  }
  commit(test::Feed(1, 1).connected().frames(sent).batch());
  EXPECT_EQ(frames_in_records(), 29 * kRecords);
  EXPECT_LE(commit(late.batch()), kSlow.most_per_commit());
  EXPECT_EQ(ranges_kept(), 16);
  open(kSlow);
  settle();
  EXPECT_TRUE(log_->is_unsettled());
  open(kSlow);
  settle_all();
  EXPECT_EQ(ranges_kept(), 0);
  EXPECT_EQ(count("SELECT count(*) FROM record WHERE frames = 30"), kRecords);
  EXPECT_EQ(count("SELECT count(*) FROM record"), kRecords);
}

TEST_F(LateWorkTest, ACommitReadsNoMoreThanItIsGiven) {
  send_two_of_three();
  test::Feed late(1, 2);
  EXPECT_EQ(commit(late.connected().received_at(0).frame(all_[1]).batch(), 0), 0);
  EXPECT_LE(commit(late.connected().batch(), 100), 100);
  EXPECT_TRUE(log_->is_unsettled());
  EXPECT_GT(commit(late.connected().batch()), 0);
  EXPECT_FALSE(log_->is_unsettled());
  EXPECT_EQ(frames_in_records(), 601);
  EXPECT_EQ(log_->frames_built_again(), 601);  // none of them twice
}

TEST_F(LateWorkTest, AfterItsTimeAPieceEndsAndEachComesFurther) {
  constexpr RebuildPace kSlow{.per_commit = 2'000, .at_once = 2'000, .at_least = 10};
  each_reading_ = kSlow.longest;
  open(kSlow);
  send_two_of_three();
  commit(test::Feed(1, 2).connected().received_at(0).frame(all_[1]).batch());
  EXPECT_TRUE(log_->is_unsettled());
  EXPECT_LE(log_->frames_built_again(), kSlow.at_least);
  settle_all();
  EXPECT_EQ(frames_in_records(), 601);
  EXPECT_EQ(log_->frames_built_again(), 601);  // none of them twice
}

TEST_F(LateWorkTest, FindingThePlaceToGoOnTakesNothingOffAPiece) {
  // A chunk's beginning is read again to go on within it: more than at_least, as a rule.
  constexpr RebuildPace kSlow{.per_commit = 0, .at_once = 2'000, .at_least = 50};
  each_reading_ = kSlow.longest;
  send_two_of_three();
  open(kSlow);
  int pieces = 0;
  commit(test::Feed(1, 2).connected().received_at(0).frame(all_[1]).batch());
  for (; log_->is_unsettled() && pieces < 601; ++pieces) {
    settle();
  }
  EXPECT_EQ(frames_in_records(), 601);
  EXPECT_LE(pieces, 601 / kSlow.at_least + 1);
}

TEST_F(LateWorkTest, ALongOpenRecordIsReadInPiecesAfterARestartAndWhatComesMeanwhileIsInIt) {
  const auto all = messages(0, 6'000, test::Patient{});
  test::Feed live(1, 1);
  commit(live.connected().frames({all.begin(), all.begin() + 5'000}).batch());
  open();
  ASSERT_TRUE(log_->is_unsettled());
  commit(live.frames({all.begin() + 5'000, all.end()}).frame(test::message(6'000)).batch());
  commit(live.frames(messages(6'001, 6'100, test::Patient{.id = "next"})).batch());
  ASSERT_TRUE(log_->is_unsettled());
  open();  // once more before its end
  settle_all();
  EXPECT_EQ(count("SELECT frames FROM record WHERE next_time IS NOT NULL"), 6'000);
  EXPECT_EQ(count("SELECT frames FROM record WHERE next_time IS NULL"), 99);
  EXPECT_EQ(count("SELECT count(*) FROM record"), 2);
  commit(live.frame(test::message(6'100)).batch());
  EXPECT_EQ(count("SELECT count(*) FROM record WHERE next_time IS NOT NULL"), 2);
}

TEST_F(LateWorkTest, LateFramesBeforeALongOpenRecordThatIsNotReadYetAreInTheirOwn) {
  const auto first = messages(0, 100, test::Patient{.id = "first"});
  const auto all = messages(4'000, 9'000, test::Patient{});
  test::Feed live(1, 1);
  commit(live.connected()
             .frames({first.begin(), first.begin() + 50})
             .frames({first.begin() + 53, first.end()})
             .frame(test::message(100))
             .frames(all)
             .batch());
  open();
  ASSERT_TRUE(log_->is_unsettled());
  commit(test::Feed(1, 2).received_at(0).frame(first[51]).batch());
  settle_all();
  EXPECT_EQ(count("SELECT frames FROM record WHERE next_time IS NOT NULL"), 98);
  EXPECT_EQ(count("SELECT frames FROM record WHERE next_time IS NULL"), 5'000);
  EXPECT_EQ(count("SELECT count(*) FROM record"), 2);
}

TEST_F(LateWorkTest, DamageInALongOpenRecordDoesNotKeepTheLinacFromGoingOn) {
  const auto all = messages(0, 5'000, test::Patient{});
  test::Feed live(1, 1);
  commit(live.connected().frames(all).batch());
  database_.execute("UPDATE chunk SET data = x'00' WHERE id = 15");
  open();
  settle_all();
  EXPECT_EQ(frames_in_records(), 14 * 256);
  commit(live.frames(messages(5'000, 5'010, test::Patient{})).frame(test::message(5'010)).batch());
  EXPECT_EQ(frames_in_records(), 14 * 256 + 10);
  EXPECT_EQ(count("SELECT count(*) FROM record WHERE next_time IS NOT NULL"), 1);
}

TEST_F(LateWorkTest, WhatWasLeftToBuildIsBuiltAfterARestart) {
  const std::int64_t stored = leave_some_to_build();
  open();
  EXPECT_FALSE(log_->is_unsettled());
  EXPECT_EQ(frames_in_records(), stored);
  open();
  EXPECT_EQ(log_->frames_built_again(), 0);
}

TEST_F(LateWorkTest, WhatWasLeftToBuildIsBuiltAfterARestartThoughTheLinacSendsNothing) {
  const std::int64_t stored = leave_some_to_build();
  log_.reset();
  { const Store store(folder_.path(), Store::Options{}, nullptr); }
  EXPECT_EQ(frames_in_records(), stored);
}

TEST_F(LateWorkTest, TheOneRangeOfAnOlderStoreIsTakenOn) {
  send_two_of_three();
  commit(test::Feed(1, 1).from_seq(700).frames({test::message(900)}).batch());
  commit(test::Feed(1, 2).received_at(0).frame(all_[1]).batch(), 0);
  log_.reset();
  test::set_back_to_step_10(database_);
  database_.execute(
      "ALTER TABLE linac RENAME COLUMN late_ranges TO late_epoch;"
      "ALTER TABLE linac ADD COLUMN late_time INT8;"
      "ALTER TABLE linac ADD COLUMN late_to_epoch INT8;"
      "ALTER TABLE linac ADD COLUMN late_to_time INT8;"
      "UPDATE linac SET late_epoch = 1, late_to_epoch = 1, "
      "late_time = (SELECT first_time FROM record), late_to_time = (SELECT first_time FROM record);"
      "PRAGMA user_version = 9");
  upgrade_schema(database_);
  EXPECT_EQ(ranges_kept(), 1);
  open();
  EXPECT_TRUE(log_->is_unsettled());
  settle_all();
  EXPECT_EQ(frames_in_records(), 601);
}

TEST_F(LateWorkTest, ARecordThatIsLongerThanAllThatMayBeSavedUpIsBuiltInPieces) {
  const auto all = messages(0, 6'000, test::Patient{});
  std::vector<ByteVector> sent(all);
  sent.erase(sent.begin() + 1'000, sent.begin() + 1'003);
  commit(test::Feed(1, 1).connected().frames(sent).batch());
  test::Feed late(1, 3);
  EXPECT_LE(commit(late.frame(all[1'001]).batch()), kPace.most_per_commit());
  ASSERT_TRUE(log_->is_unsettled());
  for (std::int64_t i = 0; log_->is_unsettled() && i < 400; ++i) {
    EXPECT_LE(commit(late.event(EntryKind::connected).batch()), kPace.at_once);
  }
  EXPECT_FALSE(log_->is_unsettled());
  EXPECT_EQ(log_->frames_built_again(), 5'998);  // none of them twice
  EXPECT_EQ(frames_in_records(), 5'998);
}

TEST_F(LateWorkTest, FramesThatComeWhileARecordIsBuiltAreInItAsWell) {
  const auto all = messages(0, 6'000, test::Patient{});
  std::vector<ByteVector> sent(all.begin(), all.begin() + 5'500);
  sent.erase(sent.begin() + 5'000, sent.begin() + 5'003);
  sent.erase(sent.begin() + 1'000, sent.begin() + 1'003);
  commit(test::Feed(1, 1).connected().frames(sent).batch());
  commit(test::Feed(1, 2).frame(all[1'001]).batch());
  ASSERT_TRUE(log_->is_unsettled());
  commit(test::Feed(1, 3).frame(all[5'001]).batch());  // after what was read
  commit(test::Feed(1, 4).frame(all[1'000]).batch());  // among it
  std::vector<ByteVector> more(all.begin() + 5'500, all.end());
  more.push_back(test::message(6'000));
  commit(test::Feed(1, 1).from_seq(sent.size() + 2).frames(more).batch());
  ASSERT_TRUE(log_->is_unsettled());
  settle_all();
  EXPECT_EQ(frames_in_records(), 5'997);
  EXPECT_EQ(count("SELECT count(*) FROM record WHERE frames > 0"), 1);
  EXPECT_EQ(count("SELECT revision FROM record"), 2);
}

}  // namespace
}  // namespace icom::store
