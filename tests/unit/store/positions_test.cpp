// A peer may begin a run with each entry: how many positions are kept, and what a forgotten one
// costs.
#include "gateway/store/position_table.hpp"

#include "tests/unit/store/log_fixture.hpp"

namespace icom::store {
namespace {

using test::messages;

class PositionsTest : public test::LogFixture {
 protected:
  static constexpr std::int64_t kMost = PositionTable::kMostRuns;

  /// `count` runs that have brought nothing but a connection.
  void begin_runs(std::uint64_t count) {
    for (std::uint64_t begun = 0; begun < count;) {
      IncomingBatch batch;
      for (int i = 0; i < 500 && begun < count; ++i, ++begun) {
        IncomingEntry entry;
        entry.kind = EntryKind::connected;
        entry.run = next_run_++;
        entry.seq = 1;
        batch.entries.push_back(entry);
      }
      commit(batch);
      most_rows_ = std::max(most_rows_, rows());
    }
  }
  [[nodiscard]] std::int64_t rows() { return number("SELECT count(*) FROM position"); }
  [[nodiscard]] std::uint64_t stored_to(std::uint64_t run) {
    return load_position(database_, 1, run).seq;
  }

  // Not in the order of their numbers: these are random.
  std::uint64_t next_run_ = 1'000'000;
  std::int64_t most_rows_ = 0;
};

TEST_F(PositionsTest, AreBoundedAndTheLatestAreKept) {
  begin_runs(static_cast<std::uint64_t>(3 * kMost));
  EXPECT_LE(most_rows_, kMost + kMost / 10 + 500);
  EXPECT_GE(rows(), kMost);
  for (std::uint64_t back = 1; back <= static_cast<std::uint64_t>(kMost); back += 97) {
    EXPECT_EQ(stored_to(next_run_ - back), 1U) << back;
  }
  EXPECT_EQ(stored_to(1'000'000), 0U);
}

TEST_F(PositionsTest, OfARunThatGoesOnIsKeptHoweverManyOthersBegin) {
  const auto frames = messages(0, 8);
  test::Feed feed(1, 7);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    commit(feed.frame(frames[i]).batch());
    begin_runs(static_cast<std::uint64_t>(kMost) / 2);
    ASSERT_EQ(stored_to(7), i + 1);
  }
}

TEST_F(PositionsTest, OfOtherLinacsStay) {
  database_.execute(
      "INSERT INTO linac (id, site, serial) VALUES (2, 'sash', '9002');"
      "INSERT INTO position (linac, run, seq) VALUES (2, 5, 77);");
  begin_runs(static_cast<std::uint64_t>(2 * kMost));
  EXPECT_EQ(load_position(database_, 2, 5).seq, 77U);
}

TEST_F(PositionsTest, FramesOfAForgottenRunThatComeAgainAreLeftOut) {
  const auto frames = messages(0, 100, test::Patient{});
  commit(test::Feed(1, 7).connected().frames(frames).batch());
  begin_runs(static_cast<std::uint64_t>(2 * kMost));
  ASSERT_EQ(stored_to(7), 0U);
  open();  // nothing of it is remembered either
  commit(test::Feed(1, 7).connected().frames(messages(0, 120, test::Patient{})).batch());
  EXPECT_EQ(stored(), 120);
  EXPECT_EQ(duplicates(), 100);
  EXPECT_EQ(stored_to(7), 121U);
  EXPECT_EQ(number("SELECT count(*) FROM record"), 1);
}

TEST_F(PositionsTest, OfAnOlderStoreThatHasManyAreForgottenByTurns) {
  database_.execute(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) "
      "INSERT INTO position (linac, run, seq) SELECT 1, i * 7919 % 1000003, 1 FROM n");
  begin_runs(500);
  EXPECT_GT(rows(), 2 * kMost) << "not all at once";
  begin_runs(5'000);
  EXPECT_LE(rows(), kMost + kMost / 10);
}

}  // namespace
}  // namespace icom::store
