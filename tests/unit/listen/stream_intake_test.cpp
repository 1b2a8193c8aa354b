#include "agent/listen/stream_intake.hpp"

#include <gtest/gtest.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/listen/silence_limit.hpp"
#include "common/icom/late_connection.hpp"
#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/listen/fake_linac.hpp"

namespace icom::listen {
namespace {

class Intake : public ::testing::Test {
 protected:
  Intake() { spdlog::set_level(spdlog::level::off); }

  void receive(Bytes bytes) {
    while (!bytes.empty()) {
      const auto room = intake_.room();
      const auto count = std::min(room.size(), bytes.size());
      std::copy_n(bytes.begin(), count, room.begin());
      intake_.received(count);
      bytes = bytes.subspan(count);
    }
  }

  std::vector<QueuedEntry> take() {
    std::vector<QueuedEntry> all;
    std::vector<QueuedEntry> batch;
    while (queue_.take(batch, 1 << 20, std::chrono::milliseconds(0)) ==
           EntryQueue::Taken::entries) {
      std::move(batch.begin(), batch.end(), std::back_inserter(all));
    }
    return all;
  }

  /// The bytes of the stream that are in entries.
  static ByteVector stream_of(const std::vector<QueuedEntry>& entries) {
    ByteVector bytes;
    for (const auto& entry : entries) {
      if (entry.kind == EntryKind::frame || entry.kind == EntryKind::junk) {
        append(bytes, entry.bytes);
      }
    }
    return bytes;
  }

  void pass(std::chrono::milliseconds time) {
    now_ += std::chrono::microseconds(time).count();
    steady_now_ += time;
  }

  std::int64_t now_ = 1'000;
  std::chrono::steady_clock::time_point steady_now_{std::chrono::hours(1)};
  ListenerTimings timings_;
  EntryQueue queue_;
  StatusBoard board_;
  StreamIntake intake_{queue_, board_, [this] { return now_; }, timings_,
                       [this] { return steady_now_; }};
};

TEST_F(Intake, EveryByteIsInAnEntryHoweverTheStreamIsCut) {
  auto stream = linac_frames(0, 9);
  append(stream, as_bytes("what belongs to no frame"));
  for (std::size_t piece = 1; piece < 700; piece = piece * 2 + 1) {
    SCOPED_TRACE(piece);
    intake_.connected();
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      receive(Bytes(stream).subspan(at, std::min(piece, stream.size() - at)));
    }
    intake_.disconnected("closed by the Linac");
    const auto entries = take();
    EXPECT_EQ(entries.front().kind, EntryKind::connected);
    EXPECT_EQ(entries.back().kind, EntryKind::disconnected);
    EXPECT_EQ(as_text(entries.back().bytes), "closed by the Linac");
    EXPECT_EQ(stream_of(entries), stream);
  }
}

TEST_F(Intake, AFrameIsMarkedAsAPatientsOrNobodys) {
  intake_.connected();
  receive(linac_frame(1, true));
  receive(linac_frame(2, false));
  intake_.paused();
  const auto entries = take();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_TRUE(entries[1].has_patient);
  EXPECT_FALSE(entries[2].has_patient);
}

TEST_F(Intake, AFrameIsStampedWithItsOwnLastByteNotWithTheNextFrames) {
  intake_.connected();
  const auto first = linac_frame(1);
  now_ = 2'000;
  receive(Bytes(first).first(100));
  now_ = 3'000;
  receive(Bytes(first).subspan(100));
  now_ = 4'000;
  receive(linac_frame(2));
  now_ = 5'000;
  intake_.paused();
  const auto entries = take();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].received_us, 3'000);
  EXPECT_EQ(entries[2].received_us, 4'000);
}

TEST_F(Intake, ALastFrameIsNotHeldBackOnceTheStreamPauses) {
  intake_.connected();
  receive(linac_frame(1));
  EXPECT_EQ(take().size(), 1U);
  intake_.paused();
  const auto entries = take();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].bytes, linac_frame(1));
}

TEST_F(Intake, WhatIsLeftOfAFrameWhenTheConnectionEndsIsJunk) {
  intake_.connected();
  receive(Bytes(linac_frame(1)).first(60));
  intake_.disconnected("reset");
  const auto entries = take();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].kind, EntryKind::junk);
  EXPECT_EQ(entries[1].bytes.size(), 60U);
}

TEST_F(Intake, ANewConnectionBeginsANewFrame) {
  intake_.connected();
  receive(Bytes(linac_frame(1)).first(60));
  intake_.disconnected("reset");
  intake_.connected();
  receive(linac_frames(2, 3));
  intake_.paused();
  auto entries = take();
  EXPECT_EQ(entries.size(), 6U);
  EXPECT_EQ(entries.back().bytes, linac_frame(3));
}

TEST_F(Intake, TheBoardTellsWhatTheFramesCallTheirMachine) {
  const auto of_machine = [](unsigned number, const std::string& id) {
    test::FrameSpec spec;
    spec.counter = static_cast<std::uint8_t>(number);
    spec.items = {{0x300A, 0x00B2, "SH", 'P', id}};
    return test::build_frame(spec);
  };
  intake_.expect_machine("4299");
  intake_.connected();
  const auto names_after = [&](const ByteVector& frame) {
    receive(frame);
    intake_.paused();
    return board_.read().machine;
  };
  EXPECT_EQ(names_after(linac_frame(1)).id, "4299");
  EXPECT_EQ(names_after(of_machine(2, " ")).id, "4299") << "no ID says nothing";
  EXPECT_EQ(names_after(of_machine(3, "4299 ")).other_frames, 0U) << "padding is none of it";
  const MachineNames other = names_after(of_machine(4,
                                                    "9\x1B"
                                                    "83"));
  EXPECT_EQ(other.id, "9?83");
  EXPECT_EQ(other.first_id, "4299");
  EXPECT_EQ(other.other_id, "9?83");
  EXPECT_EQ(other.other_frames, 1U);
  const MachineNames again = names_after(linac_frame(5));
  EXPECT_EQ(again.id, "4299");
  EXPECT_EQ(again.other_id, "9?83");
  EXPECT_EQ(again.other_frames, 1U);
  EXPECT_EQ(names_after(of_machine(6, std::string(900, 'x'))).id.size(), 35U);
  const auto entries = take();
  EXPECT_EQ(std::ranges::count(entries, EntryKind::frame, &QueuedEntry::kind), 6)
      << "nothing else becomes of them";
}

TEST_F(Intake, TheBoardTellsWhatTheStreamDoes) {
  EXPECT_FALSE(board_.read().connected);
  intake_.connect_failed("Connection refused");
  EXPECT_EQ(board_.read().last_failure, "Connection refused");
  now_ = 2'000;
  intake_.connected();
  now_ = 3'000;
  std::size_t bytes = 0;
  for (const unsigned n : {1U, 2U, 3U, 4U, 8U}) {  // four show where the Linac counts
    receive(linac_frame(n));
    bytes += linac_frame(n).size();
  }
  intake_.paused();
  const auto status = board_.read();
  EXPECT_TRUE(status.connected);
  EXPECT_EQ(status.since_us, 2'000);
  EXPECT_EQ(status.connections, 1U);
  EXPECT_EQ(status.framer.frames, 5U);
  EXPECT_EQ(status.last_frame_us, 3'000);
  EXPECT_EQ(status.counter.gaps, 1U);
  EXPECT_EQ(status.counter.missing_frames, 3U);
  EXPECT_EQ(status.bytes, bytes);
}

TEST_F(Intake, AConnectionWhoseListenerDiedBeginsWithBothWordsAndLosesNoByteOfWhatComes) {
  const auto frame = linac_frame(0);
  for (std::size_t from = 0; from < frame.size(); ++from) {
    SCOPED_TRACE(from);
    StreamIntake next(queue_, board_, [this] { return now_; });
    next.inherit();
    ByteVector stream(frame.begin() + static_cast<long>(from), frame.end());
    append(stream, linac_frames(1, 3));
    const auto room = next.room();
    ASSERT_GE(room.size(), stream.size());
    std::copy(stream.begin(), stream.end(), room.begin());
    next.received(stream.size());
    next.disconnected("over");
    const auto entries = take();
    ASSERT_GE(entries.size(), 6U);
    EXPECT_EQ(entries[0].kind, EntryKind::disconnected);
    EXPECT_EQ(entries[1].kind, EntryKind::connected);
    EXPECT_EQ(stream_of(entries), stream);
    const auto is_frame = [](const QueuedEntry& entry) { return entry.kind == EntryKind::frame; };
    EXPECT_EQ(std::count_if(entries.begin(), entries.end(), is_frame), from == 0 ? 4 : 3);
    EXPECT_EQ(board_.read().counter.gaps, 0U);
  }
}

TEST_F(Intake, ABeamMayBeOnInAConnectionOfAnotherListenersBeforeAnythingCame) {
  for (const bool died : {false, true}) {
    SCOPED_TRACE(died);
    StreamIntake next(
        queue_, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
    // An older listener does not say what it knew.
    if (died) {
      next.inherit();
    } else {
      next.resume(Handover{});
    }
    EXPECT_TRUE(next.beam().beam_may_be_on(steady_now_));
    pass(BeamWatch::kQuiet);
    EXPECT_FALSE(next.beam().beam_may_be_on(steady_now_)) << "a Linac that is silent holds nobody";
  }
}

TEST_F(Intake, ABeamMayBeOnInANewConnectionBeforeAnythingCame) {
  EXPECT_FALSE(intake_.beam().beam_may_be_on(steady_now_));
  intake_.connected();
  EXPECT_TRUE(intake_.beam().beam_may_be_on(steady_now_));
  intake_.disconnected("closed by the Linac");
  EXPECT_FALSE(intake_.beam().beam_may_be_on(steady_now_));
}

TEST_F(Intake, WhatIsKnownOfTheBeamIsHandedOver) {
  intake_.connected();
  for (unsigned number = 0; number < 8; ++number) receive(linac_frame(number, false));
  intake_.paused();
  Handover held;
  intake_.note_unfinished(held);
  StreamIntake next(
      queue_, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
  next.resume(held);
  EXPECT_FALSE(next.beam().quiet_from()) << "no patient: nobody need wait";
  receive(linac_frames(8, 9));
  intake_.paused();
  pass(std::chrono::seconds(3));
  intake_.note_unfinished(held);
  next.resume(held);
  EXPECT_EQ(next.beam().quiet_from(), intake_.beam().quiet_from());
}

/// As the next listener gets it.
Handover handed_over(const StreamIntake& intake) {
  Handover sent;
  intake.note_memory(sent);
  intake.note_unfinished(sent);
  const auto bytes = encode_handover(sent);
  const Bytes rest = Bytes(bytes).subspan(kHandoverHeadSize);
  const auto text = decode_handover_head(bytes)->text;
  auto held = decode_handover_text(as_text(rest.first(text))).value();
  held.unfinished.assign(rest.begin() + text, rest.end());
  return held;
}

/// The stream of a Linac before that frame: of many sizes, or of one.
ByteVector stream_before(bool of_one_size) {
  if (!of_one_size) return linac_frames(0, 19);
  auto stream = linac_frame(20);
  append(stream, linac_frame(20));
  return stream;
}

class TakenOver : public Intake, public ::testing::WithParamInterface<bool> {};

TEST_P(TakenOver, AFrameThatIsCutByItAndAPauseStaysWhole) {
  const auto frame = linac_frame(20);
  for (const bool of_one_size : {false, true}) {
    for (std::size_t cut = 1; cut < frame.size(); ++cut) {
      intake_.connected();
      receive(stream_before(of_one_size));
      intake_.paused();
      receive(Bytes(frame).first(cut));
      StreamIntake next(
          queue_, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
      auto held = handed_over(intake_);
      if (GetParam()) held.framing = {};
      next.remember(held);
      next.resume(held);
      take();
      next.paused();
      std::copy(frame.begin() + static_cast<long>(cut), frame.end(), next.room().begin());
      next.received(frame.size() - cut);
      const auto entries = take();
      ASSERT_EQ(entries.size(), 1U) << cut;
      EXPECT_EQ(entries[0].kind, EntryKind::frame);
      EXPECT_EQ(entries[0].bytes, frame) << cut;
      intake_.disconnected("over");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Intake, TakenOver, ::testing::Bool(), [](const auto& param) {
  return param.param ? "FromAnOlderListener" : "FromOneThatTellsWhatItKnows";
});

TEST_F(Intake, TheFirstFrameOfTheNextConnectionStaysWholeThroughAPause) {
  const auto frame = linac_frame(20);
  for (const bool of_one_size : {false, true}) {
    for (std::size_t cut = 1; cut < frame.size(); ++cut) {
      intake_.connected();
      receive(stream_before(of_one_size));
      intake_.disconnected("closed by the Linac");
      intake_.connected();
      take();
      receive(Bytes(frame).first(cut));
      intake_.paused();
      receive(Bytes(frame).subspan(cut));
      const auto entries = take();
      ASSERT_EQ(entries.size(), 1U) << cut;
      EXPECT_EQ(entries[0].bytes, frame) << cut;
      intake_.disconnected("over");
    }
  }
}

TEST_F(Intake, AFrameThatComesLateToTheNextListenerInPiecesStaysWhole) {
  const auto frame = linac_frame(20);
  for (std::size_t cut = 1; cut < frame.size(); ++cut) {
    StreamIntake intake(
        queue_, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
    intake.connected();
    const auto before = stream_before(false);
    std::copy(before.begin(), before.end(), intake.room().begin());
    intake.received(before.size());
    intake.given_up("half-open", 1);
    Handover sent;
    sent.late.push_back({{}, intake.late_state(1)});
    const auto bytes = encode_handover(sent);
    const auto held = decode_handover_text(
        as_text(Bytes(bytes).subspan(kHandoverHeadSize, decode_handover_head(bytes)->text)));
    ASSERT_TRUE(held);
    StreamIntake next(
        queue_, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
    next.adopt_late(1, held->late.at(0).state);
    take();
    next.late(1, Bytes(frame).first(cut));
    next.late(1, Bytes(frame).subspan(cut));
    const auto entries = take();
    const auto is_frame = [&](const QueuedEntry& entry) { return entry.bytes == frame; };
    EXPECT_EQ(std::ranges::count_if(entries, is_frame), 1) << cut;
  }
}

std::vector<EntryKind> kinds_of(const std::vector<QueuedEntry>& entries) {
  std::vector<EntryKind> kinds;
  for (const auto& entry : entries) kinds.push_back(entry.kind);
  return kinds;
}

using Kinds = std::vector<EntryKind>;

TEST_F(Intake, LateFramesFollowTheLastOneOfTheirConnectionAndTheOpenOneGoesOnWithItsLast) {
  intake_.connected();
  receive(linac_frames(0, 9));
  intake_.given_up("half-open", 1);
  intake_.connected();
  receive(linac_frames(30, 39));
  intake_.paused();
  take();
  // Cut anywhere; the last two came on the other connection, too.
  const auto late = linac_frames(10, 31);
  const std::size_t cut = linac_frames(10, 14).size() + 100;
  intake_.late(1, Bytes(late).first(cut));
  const auto first = take();
  ASSERT_EQ(first.size(), 11U);
  EXPECT_EQ(kinds_of(first).front(), EntryKind::disconnected);
  EXPECT_EQ(first[1].kind, EntryKind::connected);
  EXPECT_TRUE(is_late_connection(first[1].kind, first[1].bytes));
  EXPECT_EQ(
      std::ranges::count_if(
          first, [](const QueuedEntry& one) { return is_late_connection(one.kind, one.bytes); }),
      1);
  EXPECT_EQ(stream_of({first.begin() + 2, first.end() - 3}), linac_frames(9, 14));
  EXPECT_EQ(kinds_of({first.end() - 3, first.end()}),
            (Kinds{EntryKind::disconnected, EntryKind::connected, EntryKind::frame}));
  EXPECT_EQ(first.back().bytes, linac_frame(39));
  intake_.late(1, Bytes(late).subspan(cut));
  intake_.late_over(1);
  const auto second = take();
  ASSERT_GT(second.size(), 5U);
  EXPECT_EQ(stream_of({second.begin() + 2, second.end() - 3}), linac_frames(14, 29));
  EXPECT_EQ(board_.read().late_frames, 20U);
  receive(linac_frame(40));
  intake_.paused();
  EXPECT_EQ(stream_of(take()), linac_frame(40)) << "the stream that is open is not disturbed";
}

TEST_F(Intake, LateFramesOfBeforeTheNextConnectionNeedNoOtherWords) {
  intake_.connected();
  receive(linac_frames(0, 9));
  intake_.given_up("half-open", 1);
  take();
  intake_.late(1, linac_frames(10, 19));
  intake_.late_over(1);
  const auto entries = take();
  EXPECT_EQ(kinds_of(entries).front(), EntryKind::connected);
  EXPECT_EQ(kinds_of(entries).back(), EntryKind::disconnected);
  EXPECT_TRUE(is_late_connection(entries.front().kind, entries.front().bytes));
  EXPECT_EQ(stream_of(entries), linac_frames(9, 19));
}

/// As they come late: `late`, and then `again`, after the frames `first`, and `next` on the next
/// connection, which has what comes again.
class LateFramesAreAllKept : public Intake {
 protected:
  void come_late(const ByteVector& first, const ByteVector& next, const ByteVector& late,
                 const ByteVector& before, const ByteVector& again = {}) {
    intake_.connected();
    receive(first);
    intake_.paused();
    intake_.given_up("half-open", 1);
    intake_.connected();
    receive(next);
    intake_.paused();
    take();
    auto all = late;
    append(all, again);
    intake_.late(1, all);
    intake_.late_over(1);
    const auto entries = take();
    ASSERT_GT(entries.size(), 5U);
    auto stream = before;
    append(stream, late);
    const auto last = entries.back().bytes;
    append(stream, last);
    EXPECT_EQ(stream_of(entries), stream);
    EXPECT_EQ(Bytes(next).last(last.size()).size(), last.size());
    EXPECT_TRUE(std::ranges::equal(Bytes(next).last(last.size()), last));
    EXPECT_EQ(std::ranges::count(entries, EntryKind::junk, &QueuedEntry::kind), 0);
  }
};

TEST_F(LateFramesAreAllKept, WhereTheClockWasSetBackBeforeTheNextConnection) {
  come_late(linac_frames(1000, 1009), linac_frames(30, 39), linac_frames(1010, 1029),
            linac_frame(1009));
}

TEST_F(LateFramesAreAllKept, WhereTheClockWasSetBackAmongThem) {
  auto late = linac_frames(1010, 1029);
  append(late, linac_frames(0, 29));
  come_late(linac_frames(1000, 1009), linac_frames(30, 39), late, linac_frame(1009),
            linac_frames(30, 35));
}

TEST_F(LateFramesAreAllKept, WhereTheNextConnectionBeginsWithAReplayThatIsNotComplete) {
  for (const unsigned replayed : {3U, 15U}) {
    SCOPED_TRACE(replayed);
    auto next = linac_frames(replayed, replayed + 4);
    append(next, linac_frames(40, 49));
    come_late(linac_frames(0, 9), next, linac_frames(10, 39), linac_frame(9), linac_frames(40, 41));
  }
}

TEST_F(Intake, AConnectionGivenUpIsCountedAsLongAsItIsRead) {
  intake_.connected();
  receive(linac_frames(0, 9));
  EXPECT_EQ(board_.read().late_connections, 0U);
  intake_.given_up("half-open", 1);
  intake_.adopt_late(2, std::nullopt);
  EXPECT_EQ(board_.read().late_connections, 2U);
  intake_.late(1, linac_frames(10, 11));
  EXPECT_EQ(board_.read().late_connections, 2U);
  intake_.late_over(1);
  EXPECT_EQ(board_.read().late_connections, 1U);
  intake_.late_over(2);
  EXPECT_EQ(board_.read().late_connections, 0U);
}

TEST_F(Intake, LateFramesThatHaveNoPlaceAreKeptAsJunkAndCounted) {
  intake_.connected();
  receive(linac_frames(30, 39));
  intake_.paused();
  take();
  intake_.adopt_late(7, std::nullopt);  // by an older listener, which does not say what was before
  intake_.late(7, linac_frames(10, 12));
  intake_.late_over(7);
  const auto entries = take();
  EXPECT_EQ(
      kinds_of(entries),
      (Kinds{EntryKind::disconnected, EntryKind::connected, EntryKind::junk, EntryKind::junk,
             EntryKind::junk, EntryKind::disconnected, EntryKind::connected, EntryKind::frame}));
  EXPECT_EQ(stream_of({entries.begin(), entries.end() - 1}), linac_frames(10, 12));
  EXPECT_EQ(entries.back().bytes, linac_frame(39));
  EXPECT_EQ(board_.read().late_frames_without_place, 3U);
  EXPECT_EQ(board_.read().late_frames, 0U);
}

TEST_F(Intake, TheFrameThatADeadLineCutsInTwoIsWholeInTheEnd) {
  const auto cut = linac_frame(10);
  for (std::size_t at = 1; at < cut.size(); at += 1 + cut.size() / 12) {
    SCOPED_TRACE(at);
    StreamIntake intake(
        queue_, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
    const auto bring = [&intake](Bytes bytes) {
      std::copy(bytes.begin(), bytes.end(), intake.room().begin());
      intake.received(bytes.size());
      intake.paused();
    };
    intake.connected();
    bring(linac_frames(0, 9));
    bring(Bytes(cut).first(at));
    intake.given_up("half-open", 1);
    intake.connected();
    bring(linac_frames(30, 39));
    const auto before = take();
    EXPECT_EQ(std::ranges::count(before, EntryKind::junk, &QueuedEntry::kind), 0);
    auto rest = linac_frames(11, 29);
    rest.insert(rest.begin(), cut.begin() + static_cast<long>(at), cut.end());
    intake.late(1, rest);
    intake.late_over(1);
    const auto late = take();
    EXPECT_EQ(std::ranges::count(late, EntryKind::junk, &QueuedEntry::kind), 0);
    ASSERT_GT(late.size(), 5U);
    EXPECT_EQ(stream_of({late.begin(), late.end() - 1}), linac_frames(9, 29));
  }
}

TEST_F(Intake, OfAFrameWhoseRestNeverComesTheBeginningIsKept) {
  const auto cut = linac_frame(10);
  intake_.connected();
  receive(linac_frames(0, 9));
  receive(Bytes(cut).first(100));
  intake_.paused();
  intake_.given_up("half-open", 1);
  intake_.connected();
  receive(linac_frames(30, 39));
  intake_.paused();
  take();
  intake_.late_over(1);
  const auto entries = take();
  ASSERT_EQ(kinds_of(entries),
            (Kinds{EntryKind::disconnected, EntryKind::connected, EntryKind::frame, EntryKind::junk,
                   EntryKind::disconnected, EntryKind::connected, EntryKind::frame}));
  EXPECT_EQ(entries[3].bytes, ByteVector(cut.begin(), cut.begin() + 100));
}

TEST_F(Intake, LateFramesAreInTheirPlaceAfterATakeOver) {
  const auto cut = linac_frame(12);
  intake_.connected();
  receive(linac_frames(0, 9));
  intake_.paused();
  intake_.given_up("half-open", 1);
  intake_.connected();
  receive(linac_frames(30, 39));
  intake_.paused();
  auto late = linac_frames(10, 11);
  append(late, Bytes(cut).first(100));
  intake_.late(1, late);
  Handover sent;
  sent.late.push_back({{}, intake_.late_state(1)});
  intake_.note_memory(sent);
  intake_.note_unfinished(sent);
  take();

  const auto bytes = encode_handover(sent);
  const auto held = decode_handover_text(
      as_text(Bytes(bytes).subspan(kHandoverHeadSize, decode_handover_head(bytes)->text)));
  ASSERT_TRUE(held);
  StreamIntake next(
      queue_, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
  next.remember(*held);
  next.resume(*held);
  next.adopt_late(1, held->late.at(0).state);
  late.assign(cut.begin() + 100, cut.end());
  append(late, linac_frames(13, 31));
  next.late(1, late);
  const auto entries = take();
  ASSERT_GT(entries.size(), 5U);
  EXPECT_EQ(kinds_of({entries.begin(), entries.begin() + 2}),
            (Kinds{EntryKind::disconnected, EntryKind::connected}));
  EXPECT_EQ(stream_of({entries.begin(), entries.end() - 1}), linac_frames(11, 31));
  EXPECT_EQ(kinds_of({entries.end() - 3, entries.end()}),
            (Kinds{EntryKind::disconnected, EntryKind::connected, EntryKind::frame}));
  EXPECT_EQ(entries.back().bytes, linac_frame(39));
  EXPECT_EQ(board_.read().late_frames, 20U);
}

TEST_F(Intake, LateFramesOfAConnectionThatATakenOverListenerGivesUpAreInTheirPlace) {
  intake_.connected();
  receive(linac_frames(0, 9));
  intake_.paused();
  take();
  Handover held;
  intake_.note_memory(held);
  intake_.note_unfinished(held);
  StreamIntake next(
      queue_, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
  next.remember(held);
  next.resume(held);
  next.given_up("half-open", 1);  // it has brought nothing here
  next.connected();
  const auto later = linac_frames(30, 39);
  std::copy(later.begin(), later.end(), next.room().begin());
  next.received(later.size());
  next.paused();
  take();
  next.late(1, linac_frames(10, 19));
  const auto entries = take();
  ASSERT_GT(entries.size(), 5U);
  EXPECT_EQ(stream_of({entries.begin(), entries.end() - 1}), linac_frames(9, 19));
}

TEST_F(Intake, AConnectionGivenUpWithoutAFrameFollowsWhatTheOneBeforeItBroughtLate) {
  const auto give_up_two = [this] {
    intake_.connected();
    receive(linac_frames(0, 9));
    intake_.paused();
    intake_.given_up("half-open", 1);
    intake_.connected();
    intake_.given_up("half-open", 2);
    intake_.connected();
    receive(linac_frames(90, 99));
    intake_.paused();
    take();
  };
  const auto late = [this](std::uint64_t number, unsigned first, unsigned last) {
    intake_.late(number, linac_frames(first, last));
    intake_.late_over(number);
    const auto entries = take();
    return entries.size() < 5 ? ByteVector() : stream_of({entries.begin(), entries.end() - 1});
  };
  give_up_two();
  EXPECT_EQ(late(1, 10, 49), linac_frames(9, 49));
  auto stream = linac_frame(49);
  append(stream, linac_frames(60, 69));
  EXPECT_EQ(late(2, 60, 69), stream) << "also when the first is over";
}

TEST_F(Intake, AConnectionGivenUpWithoutAFrameFollowsTheNewestWhereTheClockWasSetBack) {
  intake_.connected();
  receive(linac_frames(1000, 1009));
  intake_.paused();
  intake_.given_up("half-open", 1);
  intake_.connected();
  intake_.given_up("half-open", 2);
  intake_.late(1, linac_frames(1010, 1019));
  take();
  intake_.late(2, linac_frames(0, 9));
  auto stream = linac_frame(1019);
  append(stream, linac_frames(0, 9));
  EXPECT_EQ(stream_of(take()), stream);
}

TEST_F(Intake, ManyLateFramesThatFollowLargeOnesAreAllKept) {
  // Where each costs a look at all bytes of the large ones, this takes some thirty times as long.
  test::FrameSpec spec;
  spec.time = test::time_after(0);
  spec.items = test::typical_items(std::nullopt, 0, 8);
  spec.items.back().value.resize(900'000);
  const auto large = test::build_frame(spec);
  for (std::uint64_t number = 1; number <= 6; ++number) {
    intake_.connected();
    receive(number == 6 ? ByteVector() : large);
    intake_.paused();
    intake_.given_up("half-open", number);
  }
  intake_.connected();
  receive(linac_frames(200, 209));
  intake_.paused();
  take();
  const auto few = linac_frames(100, 199);
  ByteVector many;
  for (int i = 0; i < 50; ++i) append(many, few);
  for (int i = 0; i < 20; ++i) intake_.late(6, many);
  EXPECT_EQ(board_.read().late_frames, 20U * 50 * 100);
}

TEST_F(Intake, AConnectionGivenUpWithoutAFrameFollowsNothingLaterThanItsOwn) {
  intake_.connected();
  receive(linac_frames(0, 9));
  intake_.paused();
  intake_.given_up("half-open", 1);
  intake_.connected();
  intake_.given_up("half-open", 2);
  intake_.late(1, linac_frames(40, 49));
  take();
  intake_.late(2, linac_frames(20, 29));
  auto stream = linac_frame(9);
  append(stream, linac_frames(20, 29));
  EXPECT_EQ(stream_of(take()), stream);
}

TEST_F(Intake, APatientIsOpenUntilAFrameHasNoneOrForTenMinutesAfterItsLast) {
  EXPECT_FALSE(intake_.patient_open());
  intake_.connected();
  receive(linac_frame(1, true));
  intake_.paused();
  EXPECT_TRUE(intake_.patient_open());
  intake_.disconnected("closed by the Linac");
  intake_.connected();
  EXPECT_TRUE(intake_.patient_open()) << "also on the next connection";
  receive(linac_frame(2, false));
  intake_.paused();
  EXPECT_FALSE(intake_.patient_open());
  receive(linac_frame(3, true));
  intake_.paused();
  pass(timings_.patient_open - std::chrono::milliseconds(1));
  EXPECT_TRUE(intake_.patient_open());
  pass(std::chrono::milliseconds(1));
  EXPECT_FALSE(intake_.patient_open());
}

TEST_F(Intake, AConnectionAfterOneThatBroughtNothingIsToldOnceItBringsSomething) {
  intake_.connected();
  receive(linac_frame(1));
  intake_.disconnected("one");
  intake_.connected();
  intake_.disconnected("two");
  take();
  for (int i = 0; i < 5; ++i) {
    pass(std::chrono::seconds(60));
    intake_.connected();
    pass(std::chrono::seconds(60));
    intake_.disconnected("more");
    if (i == 0) take();  // the hour's
  }
  EXPECT_TRUE(take().empty());
  EXPECT_EQ(board_.read().silent_connections, 6U);
  pass(std::chrono::seconds(1));
  const auto connected_at = now_;
  intake_.connected();
  pass(std::chrono::seconds(30));
  receive(linac_frame(2));
  intake_.paused();
  const auto entries = take();
  ASSERT_EQ(kinds_of(entries), (std::vector<EntryKind>{EntryKind::connected, EntryKind::frame}));
  EXPECT_EQ(entries[0].received_us, connected_at);
  EXPECT_EQ(board_.read().silent_connections, 0U);
  EXPECT_EQ(board_.read().last_bytes_us, now_);
}

TEST_F(Intake, AConnectionThatIsHandedOverIsTold) {
  intake_.connected();
  intake_.disconnected("one");
  intake_.connected();
  intake_.disconnected("two");
  intake_.connected();
  take();
  intake_.tell_connection();
  EXPECT_EQ(kinds_of(take()), std::vector<EntryKind>{EntryKind::connected});
  intake_.tell_connection();
  EXPECT_TRUE(take().empty());
}

/// Counts the lines that come to it.
class CountingSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  int lines = 0;

 protected:
  void sink_it_(const spdlog::details::log_msg& /*message*/) override { ++lines; }
  void flush_() override {}
};

class CountingLog {
 public:
  CountingLog() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("count", sink_));
    spdlog::set_level(spdlog::level::info);
  }
  ~CountingLog() {
    spdlog::set_default_logger(before_);
    spdlog::set_level(spdlog::level::off);
  }
  CountingLog(const CountingLog&) = delete;
  CountingLog& operator=(const CountingLog&) = delete;
  [[nodiscard]] int lines() const { return sink_->lines; }

 private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::shared_ptr<CountingSink> sink_ = std::make_shared<CountingSink>();
};

TEST_F(Intake, FramesOfAnotherMachineAreSaidWhenTheyBeginAndNoDiskIsFilledWhereTheyAlternate) {
  intake_.expect_machine("0815");
  const CountingLog log;
  intake_.connected();
  const int before = log.lines();
  receive(linac_frame(1));
  intake_.paused();
  EXPECT_EQ(log.lines(), before + 1);
  receive(linac_frames(2, 9));
  intake_.paused();
  const int steady = log.lines();
  EXPECT_LE(steady, before + 2)
      << "once, as long as it stays so; and that the length is understood";
  test::FrameSpec right;
  right.items = {{0x300A, 0x00B2, "SH", 'P', "0815"}};
  for (int i = 0; i < 100; ++i) {
    receive(test::build_frame(right));
    receive(linac_frame(9));
    intake_.paused();
  }
  EXPECT_GT(log.lines(), steady);
  EXPECT_LT(log.lines(), steady + 30);
}

/// Ten hours in which it accepts and sends nothing. A connection every ten seconds, as they were
/// made before, were 3,600, with 7,200 entries.
TEST_F(Intake, ASilentNightCostsAConnectionAMinuteAndAFewEntriesAndLinesAnHour) {
  const CountingLog log;
  SilenceLimit limit(timings_);
  intake_.connected();
  receive(linac_frame(1, false));
  std::chrono::milliseconds night = std::chrono::hours(10);
  int connections = 1;
  for (; night.count() > 0; ++connections) {
    const auto lasts = limit.now(intake_.patient_open());
    pass(lasts);
    night -= lasts;
    limit.given_up();
    intake_.disconnected("no bytes for too long");
    intake_.connected();
  }
  receive(linac_frame(2, false));
  intake_.paused();
  EXPECT_EQ(connections, 603);
  const auto entries = take();
  EXPECT_EQ(std::ranges::count(entries, EntryKind::frame, &QueuedEntry::kind), 2);
  EXPECT_LE(entries.size(), 30U);
  EXPECT_LE(log.lines(), 20);
  EXPECT_GE(log.lines(), 10) << "it is said again each hour";
}

TEST_F(Intake, WhatAFullQueueDropsIsSaidWhenItBegins) {
  const CountingLog log;
  EntryQueue small(4'000);
  StreamIntake intake(
      small, board_, [this] { return now_; }, timings_, [this] { return steady_now_; });
  intake.connected();
  const auto receive_one = [&](unsigned number) {
    const auto frame = linac_frame(number);
    std::ranges::copy(frame, intake.room().begin());
    intake.received(frame.size());
  };
  unsigned number = 0;
  while (small.counts().dropped_frames == 0) receive_one(number++);
  const int lines = log.lines();
  for (int i = 0; i < 100; ++i) receive_one(number++);
  EXPECT_EQ(log.lines(), lines) << "once";
  pass(std::chrono::minutes(1));
  receive_one(number++);
  EXPECT_EQ(log.lines(), lines + 1);
  EXPECT_GE(lines, 2) << "connected; dropped";
}

/// The same of one that does not answer: an attempt every five seconds.
TEST_F(Intake, ANightWithoutAnAnswerCostsALineAnHour) {
  const CountingLog log;
  for (int attempt = 0; attempt < 7'200; ++attempt) {
    intake_.connect_failed("Connection refused");
    pass(std::chrono::seconds(5));
  }
  EXPECT_LE(log.lines(), 11);
  EXPECT_GE(log.lines(), 10);
  EXPECT_TRUE(take().empty());
  intake_.connect_failed("no answer within the time limit");
  EXPECT_GE(log.lines(), 11) << "another reason is news";
}

TEST_F(Intake, ANightOfConnectionsThatEndAtOnceCostsTwoEntriesAnHour) {
  const CountingLog log;
  for (int attempt = 0; attempt < 7'200; ++attempt) {
    intake_.connected();
    intake_.disconnected("closed by the Linac");
    pass(std::chrono::seconds(5));
  }
  EXPECT_LE(take().size(), 24U);
  EXPECT_LE(log.lines(), 13);
}

}  // namespace
}  // namespace icom::listen
