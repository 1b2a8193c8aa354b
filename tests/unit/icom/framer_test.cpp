// The framer on streams as a Linac sends them: every length convention, every way of arriving,
// pauses and ends.
#include "common/icom/framer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "tests/data/sample.hpp"
#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/icom/framer_feed.hpp"

namespace icom {
namespace {

using test::build_frame;
using test::FrameSpec;
using test::KeptPieces;
using test::Patient;
using test::typical_items;

enum class LengthField {
  whole_message,
  without_itself,
  items_only,
  constant_nonsense,
  random_nonsense
};

FrameSpec spec_at(unsigned tick) {
  FrameSpec spec;
  spec.time = test::time_after(tick / 4);
  spec.counter = static_cast<std::uint8_t>(tick);
  spec.items =
      typical_items(tick % 50 < 30 ? std::optional<Patient>(Patient{}) : std::nullopt, tick);
  return spec;
}

std::vector<ByteVector> frames_with(LengthField field, unsigned count) {
  std::minstd_rand random(7);
  std::vector<ByteVector> frames;
  for (unsigned tick = 0; tick < count; ++tick) {
    FrameSpec spec = spec_at(tick);
    switch (field) {
      case LengthField::whole_message:
        break;
      case LengthField::without_itself:
        spec.convention = 4;
        break;
      case LengthField::items_only:
        spec.convention = 27;
        break;
      case LengthField::constant_nonsense:
        spec.length_field = 8051;
        break;
      case LengthField::random_nonsense:
        spec.length_field = static_cast<std::uint32_t>(random());
        break;
    }
    frames.push_back(build_frame(spec));
  }
  return frames;
}

ByteVector stream_of(const std::vector<ByteVector>& frames) {
  ByteVector stream;
  for (const ByteVector& frame : frames) {
    append(stream, frame);
  }
  return stream;
}

// A framer that has learnt that the length counts the whole message.
void teach(Framer& framer) {
  KeptPieces kept;
  test::feed(framer, stream_of(frames_with(LengthField::whole_message, 20)), 1000, kept);
  ASSERT_EQ(kept.size(), 20U);
  ASSERT_EQ(framer.learnt_convention(), 0);
}

class FramerOnEveryStream : public testing::TestWithParam<std::tuple<LengthField, std::size_t>> {};

TEST_P(FramerOnEveryStream, GivesExactlyTheFramesThatWereSent) {
  const auto [field, step] = GetParam();
  const auto frames = frames_with(field, 200);
  const auto pieces = test::pieces_of(stream_of(frames), step);
  EXPECT_EQ(pieces.size(), frames.size());
  EXPECT_TRUE(test::frames_of(pieces) == frames);
}

TEST_P(FramerOnEveryStream, LearnsOnlyWhatTheStreamShows) {
  const auto [field, step] = GetParam();
  Framer framer;
  KeptPieces kept;
  test::feed(framer, stream_of(frames_with(field, 200)), step, kept);
  switch (field) {
    case LengthField::whole_message:
      EXPECT_EQ(framer.learnt_convention(), 0);
      break;
    case LengthField::without_itself:
      EXPECT_EQ(framer.learnt_convention(), 4);
      break;
    case LengthField::items_only:
      EXPECT_EQ(framer.learnt_convention(), 27);
      break;
    case LengthField::constant_nonsense:
    case LengthField::random_nonsense:
      EXPECT_EQ(framer.learnt_convention(), std::nullopt);
      EXPECT_EQ(framer.counts().frames_by_length, 0U);
      break;
  }
  EXPECT_EQ(framer.counts().convention_changes, 0U);
}

std::string stream_name(const testing::TestParamInfo<FramerOnEveryStream::ParamType>& info) {
  static constexpr const char* kFields[] = {"WholeMessage", "WithoutItself", "ItemsOnly",
                                            "ConstantNonsense", "RandomNonsense"};
  const auto [field, step] = info.param;
  return kFields[static_cast<std::size_t>(field)] + std::string("By") + std::to_string(step);
}

INSTANTIATE_TEST_SUITE_P(
    Streams, FramerOnEveryStream,
    testing::Combine(testing::Values(LengthField::whole_message, LengthField::without_itself,
                                     LengthField::items_only, LengthField::constant_nonsense,
                                     LengthField::random_nonsense),
                     testing::Values(std::size_t{1}, std::size_t{7}, std::size_t{1500},
                                     std::size_t{1} << 20U)),
    stream_name);

TEST(Framer, GivesTheFramesOfTheSampleHoweverItArrives) {
  const auto sample = test::load_sample();
  const auto frames = test::split_by_length(sample);
  for (const std::size_t step : {std::size_t{1}, std::size_t{4096}, sample.size()}) {
    const auto pieces = test::pieces_of(sample, step);
    ASSERT_EQ(pieces.size(), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      ASSERT_EQ(pieces[i].kind, Piece::Kind::frame);
      ASSERT_EQ(as_text(pieces[i].bytes), as_text(frames[i]));
    }
  }
}

TEST(Framer, GivesAFrameWithItsLastByteOnceTheConventionIsLearnt) {
  Framer framer;
  teach(framer);
  for (unsigned tick = 20; tick < 60; ++tick) {
    const ByteVector frame = build_frame(spec_at(tick));
    framer.add(Bytes(frame).first(frame.size() - 1));
    ASSERT_FALSE(framer.next());
    framer.add(Bytes(frame).last(1));
    const auto piece = framer.next();
    ASSERT_TRUE(piece);
    EXPECT_EQ(as_text(piece->bytes), as_text(frame));
    EXPECT_EQ(framer.pending(), 0U);
  }
}

TEST(Framer, NeverLearnsFromALengthThatIsAlwaysTheSame) {
  FrameSpec spec = spec_at(1);
  const auto size = static_cast<std::uint32_t>(build_frame(spec).size());
  for (const std::uint32_t constant : {size, size - 4, size + 1000, 0U, 0xFFFFFFFFU}) {
    Framer framer;
    KeptPieces kept;
    spec.length_field = constant;
    for (int i = 0; i < 50; ++i) {
      test::feed(framer, build_frame(spec), 1000, kept);
    }
    EXPECT_EQ(framer.learnt_convention(), std::nullopt);
  }
}

// An idle Linac sends frames of one size for hours.
TEST(Framer, GivesFramesOfOneSizeAtOnceWhenLengthAndItemsAgree) {
  FrameSpec spec = spec_at(1);
  const ByteVector plain = build_frame(spec);
  const auto size = static_cast<std::uint32_t>(plain.size());
  for (const std::uint32_t length : {size, size - 4, size - 27}) {
    Framer framer;
    spec.length_field = length;
    const ByteVector frame = build_frame(spec);
    KeptPieces kept;
    test::feed(framer, frame, 1000, kept);
    test::feed(framer, frame, 1000, kept);
    for (std::size_t given = 2; given < 50; ++given) {
      ASSERT_EQ(kept.size(), given);
      test::feed(framer, frame, 1000, kept);
    }
    EXPECT_EQ(test::frames_of(kept), std::vector<ByteVector>(50, frame));
  }
}

TEST(Framer, WaitsForTheNextFrameWhenALengthThatIsAlwaysTheSameMeansNothing) {
  FrameSpec spec = spec_at(1);
  const auto size = static_cast<std::uint32_t>(build_frame(spec).size());
  for (const std::uint32_t constant : {size - 1, size + 1000, 0U, 0xFFFFFFFFU}) {
    Framer framer;
    KeptPieces kept;
    spec.length_field = constant;
    for (int i = 0; i < 50; ++i) {
      test::feed(framer, build_frame(spec), 1000, kept);
    }
    EXPECT_EQ(framer.counts().frames_by_anchor, 49U);
  }
}

// Junk of every size, behind a frame as it should be, one without items, and one with an item that
// overruns, once the length has shown what it counts.
TEST(Framer, PartsJunkFromTheFrameInFrontOfItByTheLearntLength) {
  FrameSpec empty;
  empty.time = test::time_after(30);
  ByteVector overrunning = build_frame(spec_at(30));
  store_little_endian(overrunning.data() + 27 + 8, std::uint32_t{60000});
  for (const ByteVector& first : {build_frame(spec_at(30)), build_frame(empty), overrunning}) {
    for (std::size_t size = 1; size < 300; ++size) {
      Framer framer;
      teach(framer);
      const ByteVector junk(size, std::byte{0xEE});
      const std::vector<ByteVector> frames = {first, build_frame(spec_at(31))};
      KeptPieces kept;
      test::feed(framer, frames[0], 100, kept);
      test::feed(framer, junk, 100, kept);
      test::feed(framer, frames[1], 100, kept);
      ASSERT_EQ(kept.size(), 3U) << size;
      EXPECT_EQ(test::frames_of(kept), frames) << size;
    }
  }
}

// Nothing is learnt yet: the length and the end of the items are two witnesses.
TEST(Framer, PartsJunkFromTheFirstFrame) {
  const std::vector<ByteVector> frames = {build_frame(spec_at(0)), build_frame(spec_at(1))};
  Framer framer;
  KeptPieces kept;
  test::feed(framer, frames[0], 100, kept);
  test::feed(framer, ByteVector(50, std::byte{0xEE}), 100, kept);
  test::feed(framer, frames[1], 100, kept);
  test::take_rest(framer, kept);
  EXPECT_EQ(kept.size(), 3U);
  EXPECT_EQ(test::frames_of(kept), frames);
}

// The length means nothing; that items reach the last byte of a frame has been seen.
TEST(Framer, PartsJunkFromAFrameWhoseItemsHaveEnded) {
  const auto frames = frames_with(LengthField::random_nonsense, 100);
  Framer framer;
  KeptPieces kept;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    test::feed(framer, frames[i], 100, kept);
    if (i % 5 == 3) {
      test::feed(framer, ByteVector(i, std::byte{0xEE}), 100, kept);
    }
  }
  test::take_rest(framer, kept);
  EXPECT_EQ(test::frames_of(kept), frames);
  EXPECT_EQ(framer.counts().junk_runs, 20U);
}

// A trailer that a machine begins to send is part of its frames, whatever it did before.
TEST(Framer, SoonBelievesBytesBehindTheItemsThatKeepComing) {
  const auto plain = frames_with(LengthField::random_nonsense, 60);
  Framer framer;
  KeptPieces kept;
  std::vector<ByteVector> sent;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    sent.push_back(plain[i]);
    if (i >= 30) {
      append(sent.back(), ByteVector(6, std::byte{0xEE}));
    }
    test::feed(framer, sent.back(), 100, kept);
  }
  test::take_rest(framer, kept);
  const auto got = test::frames_of(kept);
  std::size_t whole = 0;
  for (const ByteVector& frame : sent) {
    whole += static_cast<std::size_t>(std::ranges::count(got, frame));
  }
  EXPECT_EQ(got.size(), sent.size() - 1);  // nothing tells whether the last one is whole
  EXPECT_GE(whole, sent.size() - 8);
}

TEST(Framer, DropsAConventionThatStopsAgreeingAndLearnsTheNextOne) {
  Framer framer;
  teach(framer);
  const auto frames = frames_with(LengthField::without_itself, 20);
  KeptPieces kept;
  test::feed(framer, stream_of(frames), 1000, kept);
  test::take_rest(framer, kept);
  EXPECT_TRUE(test::frames_of(kept) == frames);
  EXPECT_EQ(framer.learnt_convention(), 4);
  EXPECT_EQ(framer.counts().convention_changes, 1U);
}

TEST(Framer, KeepsTheConventionWhenOneLengthLies) {
  for (const std::uint32_t lie : {0U, 1U, 26U, 27U, 100U, 700U, 60000U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    Framer framer;
    teach(framer);
    FrameSpec lying = spec_at(20);
    lying.length_field = lie;
    const std::vector<ByteVector> frames = {build_frame(lying), build_frame(spec_at(21)),
                                            build_frame(spec_at(22))};
    KeptPieces kept;
    test::feed(framer, stream_of(frames), 100, kept);
    EXPECT_TRUE(test::frames_of(kept) == frames) << lie;
    EXPECT_EQ(framer.learnt_convention(), 0);
  }
}

TEST(Framer, FindsItemsBehindOpaqueBytes) {
  for (std::size_t gap = 0; gap < 40; ++gap) {
    std::vector<ByteVector> frames;
    for (unsigned tick = 0; tick < 20; ++tick) {
      FrameSpec spec = spec_at(tick);
      spec.opaque = std::string(gap, '\x07');
      frames.push_back(build_frame(spec));
    }
    Framer framer;
    KeptPieces kept;
    test::feed(framer, stream_of(frames), 300, kept);
    EXPECT_TRUE(test::frames_of(kept) == frames) << gap;  // the last one too: by its length
  }
}

TEST(Framer, GivesACompleteFrameAtAPauseBeforeAnythingIsLearnt) {
  Framer framer;
  for (unsigned tick = 0; tick < 5; ++tick) {
    FrameSpec spec = spec_at(tick);
    spec.length_field = 51;  // means nothing, and tells of no more
    const ByteVector frame = build_frame(spec);
    framer.add(frame);
    ASSERT_FALSE(framer.next());
    const auto piece = framer.paused();
    ASSERT_TRUE(piece);
    EXPECT_EQ(as_text(piece->bytes), as_text(frame));
    EXPECT_FALSE(framer.paused());
  }
  EXPECT_EQ(framer.counts().frames_by_pause, 5U);
}

// Only the first: it may be one that a pause has interrupted. From then on the length is known to
// mean nothing.
TEST(Framer, GivesTheFirstFrameOfAllWithTheNextWhereItsLengthTellsOfMoreAndMeansNothing) {
  Framer framer;
  std::vector<ByteVector> frames;
  for (unsigned tick = 0; tick < 4; ++tick) {
    FrameSpec spec = spec_at(tick);
    spec.length_field = 8051;
    frames.push_back(build_frame(spec));
  }
  framer.add(frames[0]);
  EXPECT_FALSE(framer.next());
  EXPECT_FALSE(framer.paused());
  for (std::size_t n = 1; n < frames.size(); ++n) {
    framer.add(frames[n]);
    if (n == 1) {
      const auto first = framer.next();
      ASSERT_TRUE(first);
      EXPECT_EQ(as_text(first->bytes), as_text(frames[0]));
    }
    EXPECT_FALSE(framer.next());
    const auto piece = framer.paused();
    ASSERT_TRUE(piece) << n;
    EXPECT_EQ(as_text(piece->bytes), as_text(frames[n]));
  }
}

TEST(Framer, KeepsAnUnfinishedFrameThroughAPauseWhereverItIsCut) {
  const ByteVector frame = build_frame(spec_at(20));
  for (std::size_t cut = 0; cut < frame.size(); ++cut) {
    Framer framer;
    teach(framer);
    framer.add(Bytes(frame).first(cut));
    ASSERT_FALSE(framer.next());
    ASSERT_FALSE(framer.paused()) << cut;
    framer.add(Bytes(frame).subspan(cut));
    const auto piece = framer.next();
    ASSERT_TRUE(piece) << cut;
    EXPECT_EQ(as_text(piece->bytes), as_text(frame));
  }
}

TEST(Framer, HandsOutAFrameThatTheConnectionCutAsJunkWhereverItIsCut) {
  const ByteVector frame = build_frame(spec_at(20));
  for (std::size_t cut = 1; cut < frame.size(); ++cut) {
    Framer framer;
    teach(framer);
    framer.add(Bytes(frame).first(cut));
    ASSERT_FALSE(framer.next());
    const auto piece = framer.finish();
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->kind, Piece::Kind::junk) << cut;
    EXPECT_EQ(as_text(piece->bytes), as_text(Bytes(frame).first(cut)));
    EXPECT_FALSE(framer.finish());
  }
}

// Frames of one size, as an idle Linac sends them: nothing is learnt.
class FramerThatSuspects : public testing::TestWithParam<std::int64_t> {
 protected:
  FramerThatSuspects() {
    FrameSpec spec = spec_at(1);
    spec.convention = GetParam();
    frame_ = build_frame(spec);
  }

  // A framer that has seen `count` frames of that size.
  [[nodiscard]] Framer after(std::size_t count) const {
    Framer framer;
    KeptPieces kept;
    for (std::size_t i = 0; i < count; ++i) {
      test::feed(framer, frame_, 1000, kept);
    }
    while (const auto piece = framer.paused()) {
      test::keep(kept, *piece);
    }
    EXPECT_EQ(test::frames_of(kept), std::vector<ByteVector>(count, frame_));
    EXPECT_EQ(framer.learnt_convention(), std::nullopt);
    return framer;
  }

  void expect_whole_through_a_pause(Framer framer, std::size_t cut) const {
    framer.add(Bytes(frame_).first(cut));
    EXPECT_FALSE(framer.next()) << cut;
    EXPECT_FALSE(framer.paused()) << cut;
    framer.add(Bytes(frame_).subspan(cut));
    const auto piece = framer.next();
    ASSERT_TRUE(piece) << cut;
    EXPECT_EQ(as_text(piece->bytes), as_text(frame_)) << cut;
  }

  void expect_junk_at_an_end(Framer framer, std::size_t cut) const {
    framer.add(Bytes(frame_).first(cut));
    EXPECT_FALSE(framer.next()) << cut;
    const auto piece = framer.finish();
    ASSERT_TRUE(piece) << cut;
    EXPECT_EQ(piece->kind, Piece::Kind::junk) << cut;
    EXPECT_EQ(as_text(piece->bytes), as_text(Bytes(frame_).first(cut)));
  }

  ByteVector frame_;
};

TEST_P(FramerThatSuspects, KeepsAnUnfinishedFrameThroughAPauseWhereverItIsCut) {
  const Framer framer = after(2);
  for (std::size_t cut = 1; cut < frame_.size(); ++cut) {
    expect_whole_through_a_pause(framer, cut);
  }
}

TEST_P(FramerThatSuspects, HandsOutAFrameThatTheConnectionCutAsJunkWhereverItIsCut) {
  const Framer framer = after(2);
  for (std::size_t cut = 1; cut < frame_.size(); ++cut) {
    expect_junk_at_an_end(framer, cut);
  }
}

TEST_P(FramerThatSuspects, HandsOutAFirstFrameThatTheConnectionCutAsJunkWhereverItIsCut) {
  for (std::size_t cut = 1; cut < frame_.size(); ++cut) {
    expect_junk_at_an_end(Framer(), cut);
  }
}

TEST_P(FramerThatSuspects, KeepsAnUnfinishedFirstFrameThroughAPauseWhereverItIsCut) {
  for (std::size_t cut = 1; cut < frame_.size(); ++cut) {
    Framer framer;
    framer.add(Bytes(frame_).first(cut));
    EXPECT_FALSE(framer.next()) << cut;
    EXPECT_FALSE(framer.paused()) << cut;
    framer.add(Bytes(frame_).subspan(cut));
    EXPECT_FALSE(framer.next()) << cut;
    const auto piece = framer.paused();
    ASSERT_TRUE(piece) << cut;
    EXPECT_EQ(piece->kind, Piece::Kind::frame) << cut;
    EXPECT_EQ(as_text(piece->bytes), as_text(frame_)) << cut;
  }
}

TEST_P(FramerThatSuspects, GivesAFirstFrameAtAPauseAndAtAnEnd) {
  for (const auto give : {&Framer::paused, &Framer::finish}) {
    Framer framer;
    framer.add(frame_);
    EXPECT_FALSE(framer.next());
    const auto piece = (framer.*give)();
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->kind, Piece::Kind::frame);
    EXPECT_EQ(as_text(piece->bytes), as_text(frame_));
  }
}

TEST_P(FramerThatSuspects, GivesUpASuspicionThatTheNextFrameRefutes) {
  Framer framer = after(2);
  FrameSpec spec = spec_at(2);
  spec.length_field = 8051;
  const ByteVector odd = build_frame(spec);
  KeptPieces kept;
  test::feed(framer, odd, 100, kept);
  EXPECT_FALSE(framer.paused());  // it says that there is more
  test::feed(framer, odd, 100, kept);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(as_text(kept[0].bytes), as_text(odd));
  const auto piece = framer.paused();
  ASSERT_TRUE(piece);
  EXPECT_EQ(as_text(piece->bytes), as_text(odd));
}

TEST_P(FramerThatSuspects, TellsAnotherFramer) {
  Framer next;
  next.adopt(after(2).known());
  for (std::size_t cut = 1; cut < frame_.size(); ++cut) {
    expect_whole_through_a_pause(next, cut);
  }
}

INSTANTIATE_TEST_SUITE_P(Conventions, FramerThatSuspects, testing::Values(0, 4, 27));

// What the machine sends between two connections is not known: it may be another one then.
TEST(Framer, SuspectsOnTheNextConnectionWhatItHasLearntOnTheLast) {
  for (const std::int64_t convention : {0, 4, 27, 31}) {
    Framer framer;
    KeptPieces kept;
    const auto frame_at = [convention](unsigned tick) {
      FrameSpec spec = spec_at(tick);
      spec.convention = convention;
      return build_frame(spec);
    };
    for (unsigned tick = 0; tick < 20; ++tick) {
      test::feed(framer, frame_at(tick), 1000, kept);
    }
    EXPECT_EQ(framer.learnt_convention(), convention);
    framer.reset();
    const ByteVector frame = frame_at(20);
    for (std::size_t cut = 1; cut < frame.size(); ++cut) {
      Framer same = framer;
      same.add(Bytes(frame).first(cut));
      EXPECT_FALSE(same.next());
      EXPECT_FALSE(same.paused()) << cut;
      same.add(Bytes(frame).subspan(cut));
      const auto piece = same.next();
      ASSERT_TRUE(piece) << cut;
      EXPECT_EQ(as_text(piece->bytes), as_text(frame)) << cut;
      EXPECT_EQ(same.learnt_convention(), std::nullopt);
    }
  }
}

TEST(Framer, TellsAnotherOneWhatItHasLearnt) {
  Framer first;
  teach(first);
  Framer next;
  next.adopt(first.known());
  EXPECT_EQ(next.learnt_convention(), 0);
  const ByteVector frame = build_frame(spec_at(20));
  next.add(frame);
  const auto piece = next.next();
  ASSERT_TRUE(piece);
  EXPECT_EQ(as_text(piece->bytes), as_text(frame));
}

TEST(Framer, BelievesNoStartOfItemsThatCannotBe) {
  for (const std::size_t items_at : {std::size_t{0}, std::size_t{26}, Framer::kMaxFrame + 1,
                                     std::numeric_limits<std::size_t>::max()}) {
    Framer framer;
    framer.adopt({.constant = std::nullopt, .learnt = false, .items_at = items_at});
    KeptPieces kept;
    const auto frames = frames_with(LengthField::whole_message, 20);
    test::feed(framer, stream_of(frames), 100, kept);
    EXPECT_TRUE(test::frames_of(kept) == frames);
  }
}

TEST(Framer, GivesAHeaderWithoutItemsByItsLength) {
  Framer framer;
  teach(framer);
  FrameSpec empty;
  empty.time = test::time_after(5);
  const std::vector<ByteVector> frames = {build_frame(empty), build_frame(spec_at(20))};
  KeptPieces kept;
  test::feed(framer, stream_of(frames), 5, kept);
  EXPECT_TRUE(test::frames_of(kept) == frames);

  framer.add(frames[0]);
  EXPECT_FALSE(framer.next());  // a length alone is not believed while bytes are coming
  const auto piece = framer.paused();
  ASSERT_TRUE(piece);
  EXPECT_EQ(as_text(piece->bytes), as_text(frames[0]));
}

TEST(Framer, HoldsFramesUpTo64KilobytesAndMore) {
  std::vector<ByteVector> frames;
  for (unsigned tick = 0; tick < 20; ++tick) {
    FrameSpec spec = spec_at(tick);
    spec.items = typical_items(Patient{}, tick, 160 + 500 * tick);
    frames.push_back(build_frame(spec));
  }
  ASSERT_GT(frames.back().size(), 256U * 1024U);
  for (const std::size_t step : {std::size_t{1}, std::size_t{65536}}) {
    EXPECT_TRUE(test::frames_of(test::pieces_of(stream_of(frames), step)) == frames);
  }
}

TEST(Framer, ForgetsTheConnectionOnReset) {
  Framer framer;
  teach(framer);
  framer.add(Bytes(build_frame(spec_at(20))).first(100));
  framer.reset();
  EXPECT_EQ(framer.pending(), 0U);
  EXPECT_EQ(framer.learnt_convention(), std::nullopt);
  EXPECT_EQ(framer.counts().frames, 20U);
  EXPECT_FALSE(framer.finish());
}

}  // namespace
}  // namespace icom
