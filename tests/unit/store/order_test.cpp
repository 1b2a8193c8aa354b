// The Linac's order: gaps, late frames, clocks that are set.
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::message;
using test::messages;
using test::operator+;

using OrderTest = test::StoreFixture;

TEST_F(OrderTest, AMissingCounterIsAGap) {
  store_all(messages(0, 10) + messages(13, 20));
  ASSERT_EQ(gaps().size(), 1U);
  const Gap gap = gaps()[0];
  EXPECT_EQ(gap.kind, "counter");
  EXPECT_EQ(gap.missing, 3);
  EXPECT_EQ(gap.missing_estimate, 3);
  EXPECT_EQ(gap.from.counter, 9);
  EXPECT_EQ(gap.to.counter, 13);
  EXPECT_EQ(ledger().gaps, 1);
  EXPECT_EQ(ledger().missing, 3);
}

TEST_F(OrderTest, AfterALongSilenceTheNumberMissingIsAnEstimate) {
  store_all(messages(0, 10));
  store_all(messages(1000, 1010));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_FALSE(gaps()[0].missing.has_value());
  EXPECT_EQ(gaps()[0].missing_estimate, 990);
}

TEST_F(OrderTest, ASilenceWhoseCounterHappensToGoOnIsAGapToo) {
  store_all(messages(0, 10));
  store_all(messages(10 + 512, 20 + 512));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "silence");
  EXPECT_FALSE(gaps()[0].missing.has_value());
  EXPECT_EQ(gaps()[0].missing_estimate, 512);
}

TEST_F(OrderTest, APauseOfTheLinacOnOneConnectionMissesNothing) {
  store_all(messages(0, 10) + messages(10, 20, {}, 300));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "silence");
  EXPECT_EQ(gaps()[0].missing, 0);
}

TEST_F(OrderTest, AHoleThatTheAgentReportsNamesWhatWasGivenUp) {
  const ByteVector hole = encode_hole({.frames = 30, .frames_with_patient = 0, .reason = "bound"});
  const ByteVector more = encode_hole({.frames = 8, .frames_with_patient = 3, .reason = "bound"});
  const ByteVector last = encode_hole({.frames = 2, .frames_with_patient = 0, .reason = "corrupt"});
  ASSERT_TRUE(commit(feed().frames(messages(0, 10)).batch()));
  ASSERT_TRUE(commit(feed().from_seq(11).event(EntryKind::hole, hole).batch()));
  ASSERT_TRUE(commit(feed().from_seq(12).event(EntryKind::hole, more).batch()));
  ASSERT_TRUE(commit(feed().from_seq(13).event(EntryKind::hole, last).batch()));
  reopen();  // the hole must not be forgotten before the frame after it
  ASSERT_TRUE(commit(feed().from_seq(14).frames(messages(50, 60)).batch()));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "hole");
  EXPECT_EQ(gaps()[0].missing, 40);
  EXPECT_EQ(gaps()[0].given_up, (GivenUp{40, 3, "bound,corrupt"}));
  EXPECT_EQ(ledger().given_up, (GivenUp{40, 3, "bound,corrupt"}));
}

TEST_F(OrderTest, LateFramesInAHoleLeaveItsReasonAndNoCountThatNobodyKnows) {
  const ByteVector hole = encode_hole({.frames = 40, .frames_with_patient = 9, .reason = "bound"});
  ASSERT_TRUE(commit(feed().frames(messages(0, 10)).event(EntryKind::hole, hole).batch()));
  ASSERT_TRUE(commit(feed().from_seq(12).frames(messages(50, 60)).batch()));
  store_all(messages(20, 30));
  ASSERT_EQ(gaps().size(), 2U);
  for (const Gap& gap : gaps()) {
    EXPECT_EQ(gap.kind, "hole");
    EXPECT_EQ(gap.given_up, (GivenUp{0, 0, "bound"}));
  }
  store_all(messages(10, 50));
  EXPECT_TRUE(gaps().empty());
}

TEST_F(OrderTest, LateFramesCloseTheirGap) {
  store_all(messages(0, 10) + messages(20, 30));
  ASSERT_EQ(gaps().size(), 1U);
  store_all(messages(10, 20));
  EXPECT_EQ(gaps().size(), 0U);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 30)));
  EXPECT_EQ(ledger().counts.stored, 30);
}

// Every part of a gap that can be filled, in one go.
TEST_F(OrderTest, LateFramesShrinkAndSplitTheirGap) {
  for (unsigned from = 4; from < 12; ++from) {
    for (unsigned to = from + 1; to <= 12; ++to) {
      const LinacId linac = known_linac(std::to_string(from * 100 + to));
      test::Feed first(linac, 1);
      test::Feed late(linac, 2);
      ASSERT_TRUE(commit(first.frames(messages(0, 4) + messages(12, 16)).batch()));
      ASSERT_TRUE(commit(late.frames(messages(from, to)).batch()));
      const auto left = StoreReader(folder()).gaps(linac);
      ASSERT_EQ(left.size(), (from > 4 ? 1U : 0U) + (to < 12 ? 1U : 0U)) << from << ' ' << to;
      std::int64_t missing = 0;
      for (const Gap& gap : left) {
        missing += gap.missing.value();
      }
      EXPECT_EQ(missing, 8 - (to - from));
      EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), linac),
                                    messages(0, 4) + messages(from, to) + messages(12, 16)));
    }
  }
}

TEST_F(OrderTest, LateFramesInAnyOrderEndUpInOrder) {
  const auto all = messages(0, 8);
  std::vector<unsigned> order{1, 2, 3, 4, 5, 6};
  int number = 0;
  do {
    if (number++ % 7 != 0) {  // every seventh of the 720 orders
      continue;
    }
    const LinacId linac = known_linac("order-" + std::to_string(number));
    ASSERT_TRUE(commit(test::Feed(linac, 1).frame(all[0]).frame(all[7]).batch()));
    for (const unsigned n : order) {  // each on a connection of its own
      ASSERT_TRUE(commit(test::Feed(linac, 2 + n).frame(all[n]).batch()));
    }
    ASSERT_TRUE(test::same_frames(test::stored_frames(folder(), linac), all)) << number;
    ASSERT_TRUE(StoreReader(folder()).gaps(linac).empty()) << number;
  } while (std::next_permutation(order.begin(), order.end()));
}

/// As the listener puts them into its spool: docs/storage.md, "Order".
TEST_F(OrderTest, LateFramesOfAConnectionThatWasGivenUpFillTheirGapBesideTheNextOne) {
  const test::Patient patient;
  const auto sent = messages(0, 200, patient);
  const auto part = [&sent](unsigned from, unsigned to) {
    return std::vector<ByteVector>(sent.begin() + from, sent.begin() + to);
  };
  test::Feed agent = feed(7);
  const auto late = [&](const std::vector<ByteVector>& frames, unsigned last) {
    agent.event(EntryKind::disconnected).connected();
    agent.frames(frames);
    agent.event(EntryKind::disconnected).connected();
    agent.frames(part(last, last + 1));
  };
  agent.connected();
  agent.frames(part(0, 40));
  agent.event(EntryKind::disconnected).connected();
  agent.received_at(25);  // 40 to 99 are lost
  agent.frames(part(100, 110));
  ASSERT_TRUE(commit(agent.batch()));
  late(part(39, 70), 109);
  agent.frames(part(110, 120));
  ASSERT_TRUE(commit(agent.batch()));
  late(part(69, 103), 119);  // the last three came on both
  agent.frames(part(120, 200));
  ASSERT_TRUE(commit(agent.batch()));
  EXPECT_TRUE(test::same_frames(stored(), sent));
  EXPECT_TRUE(gaps().empty());
  EXPECT_EQ(ledger().counts.conflicts, 0);
  EXPECT_EQ(ledger().counts.duplicates, 1 + 1 + 1 + 3 + 1);
}

/// While the line was dead the clock was set back. The listener leaves nothing out.
TEST_F(OrderTest, LateFramesOfBeforeAndAfterAClockWasSetBackAreStoredOnceEach) {
  for (const unsigned hold_back :
       {100U, 85U}) {  // the next connection begins with a replay, or not
    SCOPED_TRACE(hold_back);
    const LinacId linac = known_linac("clock-" + std::to_string(hold_back));
    const test::Patient patient;
    const auto sent = messages(0, 70, patient, 3600) + messages(70, 200, patient);
    const auto part = [&sent](unsigned from, unsigned to) {
      return std::vector<ByteVector>(sent.begin() + from, sent.begin() + to);
    };
    test::Feed agent(linac, hold_back);
    agent.connected();
    agent.frames(part(0, 40));
    agent.event(EntryKind::disconnected).connected();
    agent.received_at(25);
    agent.frames(part(hold_back, hold_back + 4));
    agent.frames(part(104, 110));
    ASSERT_TRUE(commit(agent.batch()));
    agent.event(EntryKind::disconnected).connected();
    agent.frames(part(39, 112));  // two more than the next one has brought so far
    agent.event(EntryKind::disconnected).connected();
    agent.frames(part(109, 200));
    ASSERT_TRUE(commit(agent.batch()));
    EXPECT_TRUE(test::same_frames(test::stored_frames(folder(), linac), sent));
  }
}

TEST_F(OrderTest, ALongBacklogFillsItsGapInFullChunks) {
  store_all(messages(0, 10) + messages(2000, 2010));
  store_all(messages(10, 2000));
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 2010)));
  EXPECT_TRUE(gaps().empty());
  Database database(folder() / "icom.db", Database::Access::read_only);
  Query chunks(database, "SELECT count(*) FROM chunk");
  ASSERT_TRUE(chunks.step());
  EXPECT_LE(chunks.integer(0), 9);
}

TEST_F(OrderTest, FramesFromBeforeTheFirstOneComeBeforeIt) {
  store_all(messages(100, 200));
  store_all(messages(50, 90));
  EXPECT_TRUE(test::same_frames(stored(), messages(50, 90) + messages(100, 200)));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].missing, 10);
}

TEST_F(OrderTest, AClockSetBackOnOneConnectionBeginsANewEpoch) {
  const auto before = messages(0, 400, {}, 50);
  const auto after = messages(400, 800);  // counts on, 50 s earlier: in the midst of the others
  store_all(before + after);
  EXPECT_TRUE(test::same_frames(stored(), before + after));
  EXPECT_EQ(ledger().gaps, 0);
  EXPECT_EQ(ledger().counts.duplicates, 0);
  std::int64_t last_epoch = 0;
  StoreReader(folder()).all_frames(linac_, [&](const FrameKey& key, Bytes) {
    last_epoch = key.place.epoch;
    return true;
  });
  EXPECT_EQ(last_epoch, 2);
}

TEST_F(OrderTest, AReplayFromBeforeTheClockWasSetBackIsFoundThere) {
  const auto before = messages(0, 400, {}, 3600);
  const auto after = messages(400, 440);
  store_all(before + after);
  // Reconnected: the burst holds the last frames of the old time, those of the new, and two that
  // are new.
  store_all(messages(380, 400, {}, 3600) + messages(400, 442));
  EXPECT_TRUE(test::same_frames(stored(), before + messages(400, 442)));
  EXPECT_EQ(ledger().counts.duplicates, 60);
}

TEST_F(OrderTest, AClockSetBackWhileDisconnectedBeginsANewEpoch) {
  const auto before = messages(0, 400);
  const auto after = messages(437, 500, {}, -50U);
  store_all(before);
  store_all(after);
  EXPECT_TRUE(test::same_frames(stored(), before + after));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "clock");
  EXPECT_FALSE(gaps()[0].missing.has_value());
}

TEST_F(OrderTest, IdenticalFramesAfterTheClockWasSetBackAreNotDuplicates) {
  // The clock is set back by 64 s, a full turn of the counter: times, counters and bytes are the
  // same again.
  const auto once = messages(0, 256);
  store_all(once);
  ASSERT_TRUE(commit(feed(5).frames(messages(256, 300)).batch()));
  auto repeated = std::vector<ByteVector>{};
  for (unsigned n = 300; n < 330; ++n) {
    test::FrameSpec spec;
    spec.time = test::time_after(n / 4 - 64);
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = test::typical_items({}, n - 256);
    repeated.push_back(test::build_frame(spec));
  }
  ASSERT_TRUE(test::same_frames(repeated, messages(44, 74)));
  ASSERT_TRUE(commit(feed(5).from_seq(45).frames(repeated).batch()));
  EXPECT_EQ(ledger().counts.stored, 330);
  EXPECT_EQ(ledger().counts.duplicates, 0);
  EXPECT_EQ(ledger().gaps, 0);
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 300) + repeated));
}

TEST_F(OrderTest, AClockSetBackWhileDisconnectedIsAGapThoughTheCounterHappensToGoOn) {
  store_all(messages(0, 400));
  store_all(messages(400, 440, {}, -50U));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "clock");
  EXPECT_FALSE(gaps()[0].missing.has_value());
}

TEST_F(OrderTest, AClockSetBackIntoAPauseFillsNothing) {
  // The Linac pauses for 300 s on one connection; later its clock is set back into that pause,
  // while nobody listens.
  const auto before = messages(0, 40) + messages(40, 80, {}, 300);
  const auto after = messages(100, 140, {}, 100);
  store_all(before);
  store_all(after);
  EXPECT_TRUE(test::same_frames(stored(), before + after));
}

TEST_F(OrderTest, AGapWhoseNumberIsExactTakesItsOwnCountersOnly) {
  const auto before = messages(0, 100) + messages(101, 400);
  store_all(before);
  for (unsigned n = 410; n < 410 + 255; ++n) {
    // In the second of the frame that is missing; its counter is 100 for n = 612.
    const auto late = messages(n, n + 1, {}, 25U - n / 4);
    const LinacId linac = known_linac("gap-" + std::to_string(n));
    ASSERT_TRUE(commit(test::Feed(linac, 1).frames(before).batch()));
    ASSERT_TRUE(commit(test::Feed(linac, 2).frames(late).batch()));
    EXPECT_EQ(StoreReader(folder()).gaps(linac).empty(), n % 256 == 100) << n;
  }
}

// The two agents of one Linac are in step, and the clock is set back to where a frame is missing.
TEST_F(OrderTest, ASecondAgentHidesNoClockThatIsSetBack) {
  test::Feed a = feed(1);
  test::Feed b = feed(2);
  const auto before = messages(0, 20) + messages(340, 400);
  const auto after = messages(400, 440, {}, -60U);  // seconds 40 to 50
  std::vector<ByteVector> all = before + after;
  for (const ByteVector& one : all) {
    ASSERT_TRUE(commit(a.frame(one).batch()));
    ASSERT_TRUE(commit(b.frame(one).batch()));
  }
  EXPECT_TRUE(test::same_frames(stored(), all));
  EXPECT_EQ(ledger().counts.duplicates, std::ssize(all));
  ASSERT_EQ(gaps().size(), 1U);
  EXPECT_EQ(gaps()[0].kind, "counter");
}

TEST_F(OrderTest, AFrameFromABrokenClockHidesNoLaterOnes) {
  test::FrameSpec broken;
  broken.time = "2099-12-3123:59:59";
  broken.counter = 10;
  store_all(messages(0, 10) + std::vector<ByteVector>{test::build_frame(broken)} +
            messages(11, 60));
  EXPECT_EQ(stored().size(), 60U);
  store_all(messages(11, 80));
  EXPECT_EQ(stored().size(), 80U);
  EXPECT_EQ(ledger().counts.duplicates, 49);
}

TEST_F(OrderTest, TwoAgentsOfOneLinacGiveEachFrameOnce) {
  test::Feed a = feed(1);
  test::Feed b = feed(2);
  for (unsigned n = 0; n < 120; n += 3) {
    ASSERT_TRUE(commit(a.frames(messages(n, n + 3)).batch()));
    if (n % 2 == 0) {
      ASSERT_TRUE(commit(b.frames(messages(n > 6 ? n - 6 : 0, n + 2)).batch()));
    }
  }
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 120)));
  EXPECT_EQ(ledger().gaps, 0);
}

}  // namespace
}  // namespace icom::store
