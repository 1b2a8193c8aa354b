// A Linac's clock that is set back while nobody listens: a connection is one line in time.
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::message;
using test::messages;
using test::operator+;

/// Two connections of one listener: one patient of 240 frames on each, frames without a patient
/// around. The Linac's counter goes on meanwhile, and its clock is set back.
class SetBackTest : public test::StoreFixture {
 protected:
  static constexpr unsigned kAway = 20;     ///< frames sent while nobody listened: 5 s
  static constexpr unsigned kShift = 7200;  ///< leaves room for setting the clock back

  struct Connections {
    std::vector<ByteVector> first;
    std::vector<ByteVector> second;
  };
  /// `idle`: frames without a patient before each patient's.
  static Connections connections(unsigned set_back, unsigned idle = 20) {
    const unsigned rest = 40 - idle;
    const unsigned begin = idle + 240 + rest + kAway;
    const auto patient_frames = [](unsigned from, const char* id, unsigned shift) {
      return messages(from, from + 240, test::Patient{.id = id, .name = "BANKSIA, Rose"}, shift);
    };
    const unsigned shift = kShift - set_back;
    return {messages(0, idle, {}, kShift) + patient_frames(idle, "730001", kShift) +
                messages(idle + 240, idle + 240 + rest, {}, kShift),
            messages(begin, begin + idle, {}, shift) +
                patient_frames(begin + idle, "730002", shift) +
                messages(begin + idle + 240, begin + idle + 240 + rest, {}, shift)};
  }
  /// As the agent sends it while all works: a commit each, or all in one.
  void listen(LinacId linac, const Connections& both, bool live,
              const std::vector<ByteVector>& replayed = {}) {
    test::Feed feed(linac, 7);
    const auto send = [&](const std::vector<ByteVector>& frames) {
      for (const ByteVector& one : frames) {
        feed.frame(one);
        if (live) {
          ASSERT_TRUE(commit(feed.batch()));
        }
      }
    };
    feed.connected();
    send(both.first);
    feed.event(EntryKind::disconnected).connected();
    feed.received_at(second_at_.value_or(static_cast<std::int64_t>(both.first.size() + kAway) / 4));
    send(replayed);
    send(both.second);
    ASSERT_TRUE(commit(feed.batch()));
  }
  std::optional<std::int64_t> second_at_;  ///< when the second connection's frames are received
  [[nodiscard]] LedgerRow ledger_of(LinacId linac) const {
    for (const LedgerRow& row : StoreReader(folder()).ledger({}, {})) {
      if (row.linac.id == linac) {
        return row;
      }
    }
    return {};
  }
  void expect_both_whole(LinacId linac, const std::vector<ByteVector>& expected,
                         std::int64_t duplicates = 0) const {
    EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), linac), expected));
    const LedgerCounts counts = ledger_of(linac).counts;
    EXPECT_EQ(counts.stored, std::ssize(expected));
    EXPECT_EQ(counts.duplicates, duplicates);
    EXPECT_EQ(counts.conflicts, 0);
    std::vector<RecordRow> own;
    for (const RecordRow& row : StoreReader(folder()).records({.with_undelivered = true})) {
      if (row.linac.id == linac && row.stored.record.frames > 0) {
        own.push_back(row);
      }
    }
    ASSERT_EQ(own.size(), 2U);
    for (const RecordRow& row : own) {
      EXPECT_EQ(row.stored.record.frames, 240);
      EXPECT_NEAR(row.stored.record.delivered_mu, own[0].stored.record.delivered_mu, 1e-6);
      EXPECT_TRUE(row.stored.record.complete());
    }
  }
};

std::vector<unsigned> all_amounts() {
  std::vector<unsigned> amounts;
  for (unsigned seconds = 1; seconds <= 200; ++seconds) {
    amounts.push_back(seconds);
  }
  amounts.push_back(3600);
  return amounts;
}

TEST_F(SetBackTest, ByAnyAmountBothPatientsStayWhole) {
  for (const unsigned amount : all_amounts()) {
    SCOPED_TRACE(amount);
    const LinacId linac = known_linac("by-" + std::to_string(amount));
    const Connections both = connections(amount);
    listen(linac, both, amount % 32 == 0);
    expect_both_whole(linac, both.first + both.second);
  }
}

TEST_F(SetBackTest, WhenItsFramesAreReceivedDoesNotMatterWhereNobodyElseListens) {
  second_at_ = 1;
  for (const unsigned amount : {30U, 63U, 64U, 65U, 128U}) {
    SCOPED_TRACE(amount);
    const LinacId linac = known_linac("at once-" + std::to_string(amount));
    const Connections both = connections(amount);
    listen(linac, both, false);
    expect_both_whole(linac, both.first + both.second);
  }
}

TEST_F(SetBackTest, WhileTheStoreWasClosedBothPatientsStayWholeToo) {
  for (const unsigned amount : {30U, 63U, 64U, 65U, 128U}) {
    SCOPED_TRACE(amount);
    const LinacId linac = known_linac("closed-" + std::to_string(amount));
    const Connections both = connections(amount);
    test::Feed feed(linac, 7);
    feed.connected().frames(both.first).event(EntryKind::disconnected);
    ASSERT_TRUE(commit(feed.batch()));
    reopen();
    feed.connected().received_at(static_cast<std::int64_t>(both.first.size() + kAway) / 4);
    ASSERT_TRUE(commit(feed.frames(both.second).batch()));
    expect_both_whole(linac, both.first + both.second);
  }
}

TEST_F(SetBackTest, WhatTheNextConnectionReplaysFirstIsStillKnown) {
  for (const unsigned amount : all_amounts()) {
    SCOPED_TRACE(amount);
    const LinacId linac = known_linac("replay-" + std::to_string(amount));
    const Connections both = connections(amount);
    const std::vector<ByteVector> burst(both.first.end() - 60, both.first.end());
    listen(linac, both, amount == 64, burst);
    expect_both_whole(linac, both.first + both.second, 60);
  }
}

TEST_F(SetBackTest, IntoAGapItFillsNothing) {
  for (const unsigned missing : {8U, 100U, 254U}) {
    for (unsigned amount = 4; amount <= 136; amount += amount % 64 == 0 ? 1 : 3) {
      SCOPED_TRACE(std::to_string(missing) + " missing, " + std::to_string(amount) + " s");
      const LinacId linac =
          known_linac("gap-" + std::to_string(missing) + '-' + std::to_string(amount));
      Connections both = connections(amount, 0);
      const auto before = messages(0, 40, {}, kShift);
      const auto after = messages(40 + missing, 600, {}, kShift);
      const unsigned begin = 620;
      const std::vector<ByteVector> second =
          messages(begin, begin + 400, test::Patient{}, kShift - amount);
      both.first = before + after;
      both.second = second;
      listen(linac, both, false);
      EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), linac), before + after + second));
      EXPECT_EQ(ledger_of(linac).counts.conflicts, 0);
      EXPECT_EQ(ledger_of(linac).counts.duplicates, 0);
    }
  }
}

TEST_F(SetBackTest, FramesThatWereNeverReceivedAreReplayedIntoTheirGap) {
  test::Feed one = feed(7);
  one.connected().frames(messages(0, 100) + messages(110, 200)).event(EntryKind::disconnected);
  one.connected().received_at(60).frames(messages(90, 205));
  ASSERT_TRUE(commit(one.batch()));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 205)));
  EXPECT_EQ(ledger().gaps, 0);
}

TEST_F(SetBackTest, ASecondAgentThatIsBehindGoesOnWhereItStands) {
  // It alone has what comes before the clock is set back, and sends it when the first agent has
  // gone on.
  const auto before = messages(0, 100);
  const auto alone = messages(100, 120);
  const auto after = messages(130, 300, test::Patient{}, -20U);
  test::Feed first = feed(1);
  ASSERT_TRUE(commit(first.connected().frames(before).event(EntryKind::disconnected).batch()));
  test::Feed second = feed(2);
  ASSERT_TRUE(commit(second.connected().frames(messages(80, 100)).batch()));
  ASSERT_TRUE(commit(first.connected().received_at(32).frames(after).batch()));
  reopen();
  ASSERT_TRUE(commit(second.received_at(25).frames(alone).batch()));
  EXPECT_TRUE(test::same_frames(stored(), before + alone + after));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "clock");
  EXPECT_EQ(gaps()[0].from.counter, 119);
}

TEST_F(SetBackTest, ASecondAgentThatHeardItAllClosesTheGapBetweenTheEpochs) {
  const auto before = messages(0, 100);
  const auto alone = messages(100, 130);
  const auto after = messages(130, 300, {}, -20U);
  ASSERT_TRUE(commit(feed(1)
                         .connected()
                         .frames(before)
                         .event(EntryKind::disconnected)
                         .connected()
                         .received_at(32)
                         .frames(after)
                         .batch()));
  ASSERT_EQ(ledger().gaps, 1);
  ASSERT_TRUE(commit(feed(2).connected().frames(before + alone + after).batch()));
  EXPECT_TRUE(test::same_frames(stored(), before + alone + after));
  EXPECT_EQ(ledger().gaps, 0);
}

TEST_F(SetBackTest, ASecondAgentThatShowsThatNothingIsMissingMakesTheRecordComplete) {
  const auto before = messages(0, 100, test::Patient{});
  for (const unsigned last : {100U, 200U}) {  // the record ends where the clock was set, or later
    SCOPED_TRACE(last);
    linac_ = known_linac("until " + std::to_string(last));
    const auto after = messages(100, last, test::Patient{}, -20U) + messages(last, 210, {}, -20U);
    ASSERT_TRUE(commit(feed(1)
                           .connected()
                           .frames(before)
                           .event(EntryKind::disconnected)
                           .connected()
                           .received_at(26)
                           .frames(after)
                           .batch()));
    ASSERT_EQ(gaps().size(), 1U);
    ASSERT_TRUE(commit(feed(2).connected().frames(before + after).batch()));
    EXPECT_TRUE(gaps().empty());
    for (const RecordRow& row : records()) {
      if (row.linac.id != linac_) continue;
      EXPECT_EQ(row.stored.record.frames, last);
      EXPECT_TRUE(row.stored.record.complete());
    }
  }
}

TEST_F(SetBackTest, TheBacklogOfAnotherAgentStillFillsItsGaps) {
  const auto all = messages(0, 1600);
  test::Feed first = feed(1);
  first.connected().frames({all.begin(), all.begin() + 100}).event(EntryKind::disconnected);
  first.connected().received_at(300).frames({all.begin() + 1200, all.begin() + 1400});
  ASSERT_TRUE(commit(first.batch()));
  // Begins within the gap, ends after it.
  ASSERT_TRUE(commit(feed(2)
                         .connected()
                         .received_at(100)
                         .frames({all.begin() + 400, all.begin() + 1250})
                         .batch()));
  ASSERT_TRUE(commit(first.frames({all.begin() + 1400, all.end()}).batch()));
  std::vector<ByteVector> expected(all.begin(), all.begin() + 100);
  expected.insert(expected.end(), all.begin() + 400, all.end());
  EXPECT_TRUE(test::same_frames(stored(), expected));
  ASSERT_EQ(gaps().size(), 1U);
}

TEST_F(SetBackTest, FramesEqualInEveryByteAreNewOnesOnceOneDiffers) {
  // Four rounds of the counter, so that the second connection begins with the bytes of the first;
  // one frame per commit, so that nobody sees what comes next.
  const auto once = messages(0, 300);
  auto again = messages(64, 104);
  for (unsigned n = 104; n < 150; ++n) {
    again.push_back(message(n, test::Patient{}));
  }
  test::Feed one = feed(7);
  ASSERT_TRUE(commit(one.connected().frames(once).event(EntryKind::disconnected).batch()));
  ASSERT_TRUE(commit(one.connected().received_at(80).batch()));
  for (const ByteVector& frame : again) {
    ASSERT_TRUE(commit(one.frame(frame).batch()));
  }
  EXPECT_TRUE(test::same_frames(stored(), once + again));
  EXPECT_EQ(ledger().counts.stored, std::ssize(once + again));
  EXPECT_EQ(ledger().counts.duplicates, 0);
  EXPECT_EQ(ledger().counts.conflicts, 0);
}

TEST_F(SetBackTest, AConnectionGoesOnWhereItStoodAfterARestart) {
  const auto before = messages(0, 100, {}, kShift);
  const auto after = messages(100, 140, {}, kShift - 64);  // the counter goes on
  test::Feed one = feed(7);
  ASSERT_TRUE(commit(one.connected().frames(before).batch()));
  reopen();
  ASSERT_TRUE(commit(one.frames(after).batch()));
  EXPECT_TRUE(test::same_frames(stored(), before + after));
  EXPECT_EQ(ledger().gaps, 0);
}

}  // namespace
}  // namespace icom::store
