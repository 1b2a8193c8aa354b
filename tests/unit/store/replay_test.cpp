// What a Linac sends again to a client that was away: stored once, wherever it begins.
#include <random>
#include <set>

#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::message;
using test::messages;
using test::operator+;

class ReplayTest : public test::StoreFixture {
 protected:
  /// The next connection of the listener, a commit for each `size` frames.
  void connection(test::Feed& agent, const std::vector<ByteVector>& frames, std::size_t size) {
    agent.connected();
    for (std::size_t n = 0; n < frames.size(); n += size) {
      const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(n);
      const auto count = static_cast<std::ptrdiff_t>(std::min(size, frames.size() - n));
      ASSERT_TRUE(commit(agent.frames({begin, begin + count}).batch()));
    }
    agent.event(EntryKind::disconnected);
  }
  static std::vector<ByteVector> treated(unsigned from, unsigned to) {
    return messages(from, to, test::Patient{});
  }
  [[nodiscard]] std::vector<RecordRow> records_of(LinacId linac) const {
    std::vector<RecordRow> own;
    for (const RecordRow& row : StoreReader(folder()).records({.with_undelivered = true})) {
      if (row.linac.id == linac && row.stored.record.frames > 0) {
        own.push_back(row);
      }
    }
    return own;
  }
};

TEST_F(ReplayTest, ThatBeginsInAGapIsStoredOnceAndShrinksTheGap) {
  for (const std::size_t size : {3U, 1000U}) {
    SCOPED_TRACE(size);
    linac_ = known_linac("by-" + std::to_string(size));
    test::Feed agent = feed(7);
    connection(agent, treated(0, 100), size);
    connection(agent, treated(140, 150) + messages(150, 170), size);
    agent.received_at(300);
    connection(agent, treated(120, 150) + messages(150, 400), size);
    EXPECT_TRUE(
        test::same_frames(stored(), treated(0, 100) + treated(120, 150) + messages(150, 400)));
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0].missing, 20);
    const auto own = records_of(linac_);
    ASSERT_EQ(own.size(), 1U);
    EXPECT_EQ(own[0].stored.record.frames, 130);
    EXPECT_NEAR(own[0].stored.record.delivered_mu, 0.7 * 149, 1e-6);
  }
}

TEST_F(ReplayTest, ThatBeginsInAGapCountsItsFramesOnce) {
  test::Feed agent = feed(7);
  connection(agent, messages(0, 100), 10);
  connection(agent, messages(140, 170), 10);
  connection(agent, messages(120, 200), 10);
  const LedgerCounts counts = ledger().counts;
  EXPECT_EQ(counts.received, 100 + 30 + 80);
  EXPECT_EQ(counts.stored, 180);
  EXPECT_EQ(counts.duplicates, 30);
  EXPECT_EQ(counts.conflicts, 0);
}

TEST_F(ReplayTest, ThatBeginsBeforeTheFirstFrameOfAll) {
  test::Feed agent = feed(7);
  connection(agent, treated(100, 140), 30);
  connection(agent, treated(80, 200) + messages(200, 210), 30);
  EXPECT_TRUE(test::same_frames(stored(), treated(80, 200) + messages(200, 210)));
  EXPECT_TRUE(gaps().empty());
  ASSERT_EQ(records_of(linac_).size(), 1U);
  EXPECT_EQ(records_of(linac_)[0].stored.record.frames, 120);
  // A frame before the new first one.
  connection(agent, treated(79, 200), 30);
  EXPECT_EQ(stored().size(), 131U);
  EXPECT_TRUE(gaps().empty());
}

TEST_F(ReplayTest, ToAListenerThatWasStartedAnew) {
  store_all(messages(0, 60));
  store_all(messages(100, 140));
  test::Feed agent = feed(7);
  agent.received_at(300);
  connection(agent, messages(70, 200), 30);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 60) + messages(70, 200)));
}

TEST_F(ReplayTest, OfMoreThanAChunkIntoALongGap) {
  test::Feed agent = feed(7);
  connection(agent, messages(0, 100), 50);
  connection(agent, messages(1500, 1600), 50);
  connection(agent, messages(700, 1700), 50);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 100) + messages(700, 1700)));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].missing_estimate, 600);
}

TEST_F(ReplayTest, IsKnownAfterARestartInTheMidstOfIt) {
  test::Feed agent = feed(7);
  connection(agent, treated(0, 100), 50);
  connection(agent, treated(140, 170), 50);
  ASSERT_TRUE(commit(agent.connected().frames(treated(120, 133)).batch()));
  reopen();
  ASSERT_TRUE(commit(agent.frames(treated(133, 150)).batch()));
  reopen();
  ASSERT_TRUE(commit(agent.frames(treated(150, 200) + messages(200, 210)).batch()));
  EXPECT_TRUE(
      test::same_frames(stored(), treated(0, 100) + treated(120, 200) + messages(200, 210)));
  ASSERT_EQ(records_of(linac_).size(), 1U);
  EXPECT_EQ(records_of(linac_)[0].stored.record.frames, 180);
}

TEST_F(ReplayTest, LeavesWhatIsStoredAfterARestartAsItIs) {
  test::Feed agent = feed(7);
  connection(agent, messages(0, 100), 10);
  connection(agent, messages(140, 170), 10);
  connection(agent, messages(120, 200), 10);
  reopen();
  agent.connected().frames(messages(150, 220));
  ASSERT_TRUE(commit(agent.batch()));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 100) + messages(120, 220)));
}

/// As a Linac sends it again with another state byte.
ByteVector with_other_byte(ByteVector frame) {
  frame[6] = std::byte{0x77};
  return frame;
}

TEST_F(ReplayTest, InWhichFramesDifferKeepsTheseBesideTheirOwnAndTheRestOnce) {
  const std::vector<std::set<unsigned>> cases{{30}, {21, 22, 30, 38}, {30, 39}};
  for (std::size_t n = 0; n < cases.size(); ++n) {
    SCOPED_TRACE(n);
    linac_ = known_linac("case-" + std::to_string(n));
    std::vector<ByteVector> replay;
    std::vector<ByteVector> expected = treated(0, 20);
    for (unsigned k = 20; k < 60; ++k) {
      const bool other = cases[n].contains(k);
      const ByteVector frame = message(k, test::Patient{});
      replay.push_back(other ? with_other_byte(frame) : frame);
      expected.push_back(frame);
      if (other) {
        expected.push_back(replay.back());
      }
    }
    test::Feed agent = feed(7);
    connection(agent, treated(0, 40), 7);
    agent.received_at(40);  // each some 30 s after it came first
    connection(agent, replay + messages(60, 61), 7);
    EXPECT_TRUE(test::same_frames(stored(), expected + messages(60, 61)));
    EXPECT_TRUE(gaps().empty());
    const auto own = records_of(linac_);
    ASSERT_EQ(own.size(), 1U);
    EXPECT_NEAR(own[0].stored.record.delivered_mu, 0.7 * 59, 1e-6);
  }
}

TEST_F(ReplayTest, InWhichAFrameDiffersIsCountedAsItIs) {
  test::Feed agent = feed(7);
  connection(agent, messages(0, 40), 40);
  agent.received_at(20);
  connection(
      agent,
      messages(20, 30) + std::vector<ByteVector>{with_other_byte(message(30))} + messages(31, 60),
      40);
  const LedgerCounts counts = ledger().counts;
  EXPECT_EQ(counts.stored, 61);
  EXPECT_EQ(counts.duplicates, 19);
  EXPECT_EQ(counts.conflicts, 1);
}

TEST_F(ReplayTest, WhoseFirstFrameDiffersIsStoredOnceAndThisFrameBesideItsOwn) {
  std::mt19937 random(41);
  const auto below = [&random](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  for (unsigned round = 0; round < 40 && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    linac_ = known_linac("first-" + std::to_string(round));
    const unsigned stored_frames = 10 + below(600);
    const unsigned from = below(stored_frames - 2);  // what is stored goes on behind it
    const unsigned to = stored_frames + 1 + below(60);
    test::Feed agent = feed(7);
    connection(agent, treated(0, stored_frames), 1 + below(300));
    agent.received_at(below(2) == 0 ? stored_frames / 4 : 1000);
    std::vector<ByteVector> replay = treated(from, to);
    replay[0] = with_other_byte(replay[0]);
    if (below(2) == 0) {
      connection(agent, replay, 1 + below(100));
    } else {  // a restart between the first frame and the second
      ASSERT_TRUE(commit(agent.connected().frames({replay[0]}).batch()));
      const LinacId linac = linac_;
      reopen();
      linac_ = linac;
      ASSERT_TRUE(commit(agent.frames({replay.begin() + 1, replay.end()}).batch()));
      agent.event(EntryKind::disconnected);
    }
    std::vector<ByteVector> expected = treated(0, from + 1);
    expected.push_back(replay[0]);
    EXPECT_TRUE(test::same_frames(stored(), expected + treated(from + 1, to)));
    EXPECT_TRUE(gaps().empty());
    const auto rows = StoreReader(folder()).ledger({}, {});
    const auto row =
        std::ranges::find(rows, linac_, [](const LedgerRow& one) { return one.linac.id; });
    ASSERT_NE(row, rows.end());
    const LedgerCounts& counts = row->counts;
    EXPECT_EQ(counts.stored, to + 1);
    EXPECT_EQ(counts.conflicts, 1);
    EXPECT_EQ(counts.duplicates, stored_frames - from - 1);
    const auto own = records_of(linac_);
    ASSERT_EQ(own.size(), 1U);
    EXPECT_EQ(own[0].stored.record.frames, to + 1);
  }
}

// What follows the one that differs shows which it was.
TEST_F(ReplayTest, AClockThatIsSetBackToAStoredSecondAndCounterKeepsAnEpochOfItsOwn) {
  test::Feed agent = feed(7);
  connection(agent, messages(0, 40), 40);
  agent.received_at(100);
  std::vector<ByteVector> other;
  for (unsigned n = 20; n < 60; ++n) {
    other.push_back(with_other_byte(message(n)));
  }
  connection(agent, other, 10);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 40) + other));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "clock");
}

// Where the receiving machine's clock was set back as well, nothing tells the two apart: what
// differs begins an epoch, and every frame is kept.
TEST_F(ReplayTest, ThatIsReceivedBeforeItWasProvesNothing) {
  test::Feed agent = feed(7);
  agent.received_at(1000);
  connection(agent, messages(0, 40), 40);
  agent.received_at(500);
  const auto again = messages(20, 30) + std::vector<ByteVector>{with_other_byte(message(30))};
  connection(agent, again + messages(31, 60), 40);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 40) + again + messages(31, 60)));
}

/// One connection after the other, each from any frame on that the Linac still has.
TEST_F(ReplayTest, FromAnywhereGivesEachFrameOnce) {
  std::mt19937 random(36);
  const auto below = [&random](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  for (unsigned round = 0; round < 40 && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    linac_ = known_linac("round-" + std::to_string(round));
    test::Feed agent = feed(7);
    const auto sent = [](unsigned n) {
      return n / 150 % 2 == 0 ? message(n) : message(n, test::Patient{});
    };
    std::set<unsigned> received;
    unsigned now = 200;
    for (unsigned connections = 2 + below(5); connections > 0; --connections) {
      const unsigned from = below(3) == 0 ? now : now - below(std::min(now, 700U));
      const unsigned to = now + 1 + below(120);
      std::vector<ByteVector> frames;
      for (unsigned n = from; n < to; ++n) {
        frames.push_back(sent(n));
        received.insert(n);
      }
      connection(agent, frames, 10 + below(120));
      now = to + below(90);
    }
    std::vector<ByteVector> expected;
    std::int64_t records = 0;
    for (const unsigned n : received) {
      expected.push_back(sent(n));
    }
    for (std::size_t n = 0; n < expected.size(); ++n) {
      const auto patient = [&](std::size_t at) { return facts_of(expected[at]).patient_id; };
      records += patient(n) && (n == 0 || !patient(n - 1)) ? 1 : 0;
    }
    EXPECT_TRUE(test::same_frames(stored(), expected));
    EXPECT_EQ(std::ssize(records_of(linac_)), records);
  }
}

}  // namespace
}  // namespace icom::store
