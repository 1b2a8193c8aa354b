#include "tests/simulator/frame_source.hpp"

#include <gtest/gtest.h>

#include <map>

#include "common/icom/frame_identity.hpp"
#include "common/icom/item.hpp"

namespace icom::simulator {
namespace {

using namespace std::chrono_literals;

StreamOptions stream() {
  StreamOptions options;
  options.start = parse_linac_time("2026-03-02 08:00:00").value();
  options.day.beam_frames = 20;
  options.day.idle_frames = 4;
  return options;
}

Tick tick_with(Fault fault, StreamOptions options = stream()) {
  options.faults.at(fault, 3);
  FrameSource source(options);
  source.next();
  source.next();
  return source.next();
}

TEST(FrameSource, SameOptionsGiveTheSameStream) {
  StreamOptions options = stream();
  options.faults.every(Fault::junk, 3);
  options.faults.every(Fault::conflict, 5);
  options.faults.every(Fault::fragment, 7);
  options.length = LengthField::parse("random").value();
  FrameSource one(options);
  FrameSource other(options);
  for (int i = 0; i < 300; ++i) {
    const Tick a = one.next();
    const Tick b = other.next();
    ASSERT_EQ(a.messages.size(), b.messages.size());
    for (std::size_t m = 0; m < a.messages.size(); ++m) {
      ASSERT_EQ(a.messages[m].payload->bytes, b.messages[m].payload->bytes);
      ASSERT_EQ(a.messages[m].size, b.messages[m].size);
    }
  }
}

TEST(FrameSource, PayloadSaysWhatItsBytesSay) {
  FrameSource source(stream());
  bool patient_seen = false;
  for (int i = 0; i < 300; ++i) {
    const Tick tick = source.next();
    ASSERT_EQ(tick.messages.size(), 1U);
    const Payload& payload = *tick.messages[0].payload;
    const auto identity = identify(payload.bytes).value();
    ASSERT_EQ(identity.hash, payload.hash);
    ASSERT_EQ(identity.counter, payload.counter);
    ASSERT_EQ(linac_time_text(identity.time), payload.linac_time);
    const bool has_patient =
        as_text(payload.bytes).find(std::string_view("\x10\x00\x20\x00LO\x00P", 8)) !=
        std::string_view::npos;
    ASSERT_EQ(payload.has_patient, has_patient);
    patient_seen |= has_patient;
  }
  EXPECT_TRUE(patient_seen);
}

TEST(FrameSource, SecondOfLinacTimeNeverHoldsMoreThanHzFrames) {
  StreamOptions options = stream();
  options.faults.every(Fault::pause, 9);
  options.pause = 777ms;
  FrameSource source(options);
  std::map<std::string, int> frames;
  for (int i = 0; i < 1000; ++i) ++frames[source.next().whole->linac_time];
  for (const auto& [time, count] : frames) ASSERT_LE(count, options.day.hz) << time;
}

TEST(FrameSource, DuplicateIsTheSameFrameTwice) {
  const Tick tick = tick_with(Fault::duplicate);
  ASSERT_EQ(tick.messages.size(), 2U);
  EXPECT_EQ(tick.messages[1].kind, MessageKind::duplicate);
  EXPECT_EQ(tick.messages[0].payload, tick.messages[1].payload);
}

TEST(FrameSource, ConflictHasTheSameTimeAndCounterButOtherBytes) {
  for (const bool no_items : {false, true}) {
    StreamOptions options = stream();
    if (no_items) options.faults.at(Fault::no_items, 3);
    const Tick tick = tick_with(Fault::conflict, options);
    ASSERT_EQ(tick.messages.size(), 2U);
    EXPECT_EQ(tick.messages[1].kind, MessageKind::conflict);
    const Payload& first = *tick.messages[0].payload;
    const Payload& second = *tick.messages[1].payload;
    EXPECT_EQ(first.linac_time, second.linac_time);
    EXPECT_EQ(first.counter, second.counter);
    EXPECT_NE(first.bytes, second.bytes);
  }
}

TEST(FrameSource, SkippedFrameIsCountedButNotSent) {
  const Tick tick = tick_with(Fault::skip);
  EXPECT_TRUE(tick.messages.empty());
  ASSERT_TRUE(tick.skipped);
  EXPECT_EQ(tick.skipped->counter, static_cast<std::uint8_t>(stream().first_counter + 2));
}

TEST(FrameSource, JunkFollowsTheFrameAndNeverLooksLikeADate) {
  StreamOptions options = stream();
  options.junk_bytes = 100'000;
  const Tick tick = tick_with(Fault::junk, options);
  ASSERT_EQ(tick.messages.size(), 2U);
  EXPECT_EQ(tick.messages[1].kind, MessageKind::junk);
  EXPECT_EQ(tick.messages[1].size, 100'000U);
  EXPECT_EQ(as_text(tick.messages[1].payload->bytes).find('-'), std::string_view::npos);
}

TEST(FrameSource, FragmentIsTheFirstPartOfItsFrame) {
  const Tick tick = tick_with(Fault::fragment);
  ASSERT_EQ(tick.messages.size(), 1U);
  EXPECT_EQ(tick.messages[0].kind, MessageKind::partial);
  EXPECT_GT(tick.messages[0].size, 0U);
  EXPECT_LT(tick.messages[0].size, tick.whole->bytes.size());
  EXPECT_EQ(tick.then, Tick::Then::go_on);
}

TEST(FrameSource, ConnectionsEndAsAsked) {
  EXPECT_EQ(tick_with(Fault::close).then, Tick::Then::close);
  EXPECT_EQ(tick_with(Fault::reset).then, Tick::Then::reset);
  const Tick truncated = tick_with(Fault::truncate);
  EXPECT_EQ(truncated.then, Tick::Then::close);
  EXPECT_LT(truncated.messages.at(0).size, truncated.whole->bytes.size());
}

TEST(FrameSource, LinacTimeGoesOnDuringAPause) {
  StreamOptions options = stream();
  options.pause = 60s;
  options.faults.at(Fault::pause, 1);
  FrameSource source(options);
  EXPECT_EQ(source.next().pause, 60s);
  EXPECT_EQ(source.next().whole->linac_time, "2026-03-0208:01:00");
}

TEST(FrameSource, ClockJumpsBeforeTheFrame) {
  StreamOptions options = stream();
  options.faults.jump({2, -3600s});
  FrameSource source(options);
  EXPECT_EQ(source.next().whole->linac_time, "2026-03-0208:00:00");
  EXPECT_EQ(source.next().whole->linac_time, "2026-03-0207:00:00");
}

TEST(FrameSource, ClockThatIsSetWhileItRunsIsSetAwayFromFaultsAndReported) {
  StreamOptions options = stream();
  options.faults.at(Fault::skip, 4);
  FrameSource source(options);
  source.next();
  source.set_clock(-3600s);
  EXPECT_EQ(source.next().whole->linac_time, "2026-03-0208:00:00");
  EXPECT_TRUE(source.clock_set().empty());
  while (source.clock_set().empty()) source.next();
  EXPECT_EQ(source.clock_set().at(0).frame, 8U);  // three frames after the one that is skipped
  EXPECT_EQ(source.next().whole->linac_time, "2026-03-0207:00:02");
}

TEST(FrameSource, JumpsAtTheReportedFramesGiveTheStreamOfAClockThatWasSet) {
  StreamOptions options = stream();
  options.faults.every(Fault::conflict, 11);
  FrameSource set(options);
  std::vector<std::uint64_t> hashes;
  for (int i = 0; i < 60; ++i) {
    if (i % 20 == 5) set.set_clock(-64s);
    hashes.push_back(set.next().whole->hash);
  }
  ASSERT_EQ(set.clock_set().size(), 3U);
  for (const ClockJump& jump : set.clock_set()) options.faults.jump(jump);
  FrameSource again(options);
  for (const auto hash : hashes) ASSERT_EQ(again.next().whole->hash, hash);
}

TEST(FrameSource, OddFramesAreAsAsked) {
  EXPECT_EQ(tick_with(Fault::no_items).whole->bytes.size(), 27U);
  EXPECT_FALSE(items_end_exactly(tick_with(Fault::overrun).whole->bytes));
  EXPECT_GE(tick_with(Fault::big).whole->bytes.size(), 65536U);
}

TEST(FrameSource, FrameWithoutItemsHasNoPatientThoughOneIsSelected) {
  StreamOptions options = stream();
  options.faults.every(Fault::no_items, 1);
  FrameSource source(options);
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(source.next().whole->has_patient);
}

TEST(FrameSource, LengthFieldFollowsTheConvention) {
  StreamOptions options = stream();
  options.length = LengthField::parse("minus4").value();
  FrameSource source(options);
  for (int i = 0; i < 50; ++i) {
    const Tick tick = source.next();
    ASSERT_EQ(load_little_endian<std::uint32_t>(tick.whole->bytes.data()),
              tick.whole->bytes.size() - 4);
  }
}

TEST(FrameSource, BeamIsOnWhileMuRiseAndForTenSecondsAfter) {
  StreamOptions options = stream();
  options.day.beams = 1;
  options.day.deliveries = 1;
  FrameSource source(options);
  bool was_on = false;
  int on_after_end = 0;
  for (int i = 0; i < 400; ++i) {
    source.next();
    was_on |= source.beam().beam_on();
    if (source.day().idle_frames_since_end() > 0 && source.beam().beam_on()) ++on_after_end;
  }
  EXPECT_TRUE(was_on);
  EXPECT_FALSE(source.beam().beam_on());
  EXPECT_LE(on_after_end, BeamWatch::kStillOnSeconds * options.day.hz);
  EXPECT_EQ(source.beam().visit(), 1);
  EXPECT_EQ(source.beam().field_id(), "1-1");
}

}  // namespace
}  // namespace icom::simulator
