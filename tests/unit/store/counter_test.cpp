// Where a Linac counts is learnt from its stream, and what is not understood makes no gap.
#include "gateway/store/linac_log.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::operator+;

/// Message number `n` with a counter that a test chooses.
ByteVector counted(unsigned n, std::uint8_t first, std::string behind,
                   const std::optional<test::Patient>& patient = {}, unsigned shift = 0) {
  test::FrameSpec spec;
  spec.time = test::time_after(n / 4 + shift);
  spec.counter = first;
  spec.opaque = std::move(behind);
  spec.items = test::typical_items(patient, n);
  return test::build_frame(spec);
}
/// Two bytes, the high one first, from 250 on.
ByteVector high_first(unsigned n, const std::optional<test::Patient>& patient = {}) {
  const unsigned counter = 250 + n;
  return counted(n, static_cast<std::uint8_t>(counter / 256),
                 std::string(1, static_cast<char>(counter % 256)), patient);
}
std::vector<ByteVector> high_first(unsigned from, unsigned to,
                                   const std::optional<test::Patient>& patient = {}) {
  std::vector<ByteVector> all;
  for (unsigned n = from; n < to; ++n) {
    all.push_back(high_first(n, patient));
  }
  return all;
}

class CounterTest : public test::StoreFixture {
 protected:
  void SetUp() override {
    store_ = std::make_unique<Store>(folder(), test::on_a_quick_machine(), nullptr);
    linac_ = store_->linac("nbcc", "4299");  // a new one: where it counts is not known
  }
};

TEST_F(CounterTest, TwoBytesWithTheHighOneFirstMakeNoGapAndACompleteRecord) {
  const auto stream = high_first(0, 6) + high_first(6, 66, test::Patient{}) + high_first(66, 72);
  for (const bool one_by_one : {false, true}) {
    linac_ = store_->linac("nbcc", one_by_one ? "one by one" : "at once");
    test::Feed one = feed(1);
    one.connected();
    for (const ByteVector& frame : stream) {
      one.frame(frame);
      if (one_by_one) {
        ASSERT_TRUE(commit(one.batch()));
        store_.reset();  // what was shown until now is known again
        store_ = std::make_unique<Store>(folder(), test::on_a_quick_machine(), nullptr);
      }
    }
    ASSERT_TRUE(commit(one.batch()));
    EXPECT_TRUE(test::same_frames(stored(), stream));
    EXPECT_TRUE(gaps().empty());
  }
  for (const LedgerRow& row : StoreReader(folder()).ledger({}, {})) {
    if (row.linac.serial == "4299") {
      continue;  // sent nothing
    }
    EXPECT_EQ(row.counts.stored, 72);
    EXPECT_EQ(row.counts.conflicts, 0);
    EXPECT_EQ(row.counts.duplicates, 0);
    EXPECT_EQ(row.missing_estimate, 0);
  }
  ASSERT_EQ(records().size(), 2U);
  for (const RecordRow& row : records()) {
    EXPECT_EQ(row.stored.record.frames, 60);
    EXPECT_TRUE(row.stored.record.complete());
  }
}

TEST_F(CounterTest, WhatIsMissingIsToldByTheByteThatCounts) {
  store_all(high_first(0, 20) + high_first(25, 40));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].missing, 5);
  store_all(high_first(18, 30));
  EXPECT_TRUE(gaps().empty());
  EXPECT_TRUE(test::same_frames(stored(), high_first(0, 40)));
  EXPECT_EQ(ledger().counts.duplicates, 2 + 5);
}

TEST_F(CounterTest, AReplayOfTheFramesThatShowedItFirstIsKnown) {
  store_all(high_first(0, 20));
  reopen();
  store_all(high_first(0, 25));
  EXPECT_TRUE(test::same_frames(stored(), high_first(0, 25)));
  EXPECT_EQ(ledger().counts.duplicates, 20);
  EXPECT_TRUE(gaps().empty());
}

TEST_F(CounterTest, WhatCountsDownOrNotAtAllMakesNoGapsAndNoConflicts) {
  for (const int step : {-1, 0, 7}) {
    linac_ = store_->linac("nbcc", "by " + std::to_string(step));
    std::vector<ByteVector> stream;
    for (unsigned n = 0; n < 400; ++n) {
      const bool patient = n >= 40 && n < 340;
      stream.push_back(counted(n, static_cast<std::uint8_t>(200 + step * static_cast<int>(n)), "",
                               patient ? std::optional(test::Patient{}) : std::nullopt,
                               n >= 390 ? 60 : 0));
    }
    test::Feed one = feed(1);
    one.connected().frames({stream.begin(), stream.begin() + 100});
    one.event(EntryKind::disconnected).connected();
    one.frames({stream.begin() + 60, stream.end()});  // a replay first
    ASSERT_TRUE(commit(one.batch()));
    EXPECT_TRUE(test::same_frames(stored(), stream)) << step;
    ASSERT_EQ(gaps().size(), 1U) << step;
    EXPECT_EQ(gaps()[0].kind, "silence");
  }
  for (const LedgerRow& row : StoreReader(folder()).ledger({}, {})) {
    if (row.linac.serial == "4299") {
      continue;  // sent nothing
    }
    EXPECT_EQ(row.counts.stored, 400);
    EXPECT_EQ(row.counts.conflicts, 0);
    EXPECT_EQ(row.counts.duplicates, 40);
  }
  for (const RecordRow& row : records()) {
    EXPECT_EQ(row.stored.record.frames, 300);
    EXPECT_TRUE(row.stored.record.complete());
  }
}

TEST_F(CounterTest, AByteOrderThatChangesInABeamIsLearntFromEightFrames) {
  for (const bool to_two_bytes : {true, false}) {
    linac_ = store_->linac("nbcc", to_two_bytes ? "to two" : "to one");
    std::vector<ByteVector> stream;
    for (unsigned n = 0; n < 300; ++n) {
      const bool two_bytes = (n >= 101) == to_two_bytes;
      const auto count = static_cast<char>(n);
      const std::string both =
          two_bytes ? std::string("\x07") + count : count + std::string("\x07");
      stream.push_back(
          counted(n, static_cast<std::uint8_t>(both[0]), both.substr(1), test::Patient{}));
    }
    test::Feed one = feed(1);
    one.connected().frames(stream);
    ASSERT_TRUE(commit(one.batch()));
    EXPECT_TRUE(test::same_frames(stored(), stream));
    EXPECT_LE(gaps().size(), 3U) << to_two_bytes;
  }
  for (const LedgerRow& row : StoreReader(folder()).ledger({}, {})) {
    EXPECT_LE(row.counts.conflicts, 8) << row.linac.serial;
    EXPECT_EQ(row.counts.duplicates, 0) << row.linac.serial;
  }
}

TEST_F(CounterTest, AStoreFromBeforeCountsByTheFirstByteUntilTheStreamShowsAnother) {
  store_all(test::messages(0, 10));
  store_.reset();
  {
    Database database(folder() / "icom.db", Database::Access::read_write);
    Query counter(database, "SELECT counter_at FROM linac");
    ASSERT_TRUE(counter.step());
    EXPECT_EQ(counter.integer(0), 26);
  }
  store_ = std::make_unique<Store>(folder(), test::on_a_quick_machine(), nullptr);
  store_all(test::messages(13, 20));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].missing, 3);
}

}  // namespace
}  // namespace icom::store
