// The framer on broken streams: whatever comes, no byte is lost, doubled or altered, and frames
// around the damage stay whole.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/icom/framer.hpp"
#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/icom/framer_feed.hpp"

namespace icom {
namespace {

using test::build_frame;
using test::FrameSpec;
using test::KeptPieces;
using test::Patient;
using test::typical_items;

FrameSpec good_spec_at(unsigned tick) {
  FrameSpec spec;
  spec.time = test::time_after(tick / 4);
  spec.counter = static_cast<std::uint8_t>(tick);
  spec.items = typical_items(Patient{}, 10 * tick, 4);
  return spec;
}

ByteVector text(std::string_view bytes) {
  return {as_bytes(bytes).begin(), as_bytes(bytes).end()};
}

// Ten good frames, enough to learn from, then `odd`, then two good ones.
struct Surrounded {
  std::vector<ByteVector> before;
  std::vector<ByteVector> after;
  ByteVector stream;
};

Surrounded surround(Bytes odd, std::int64_t convention = 0) {
  Surrounded all;
  const auto add = [&](std::vector<ByteVector>& to, unsigned tick) {
    FrameSpec spec = good_spec_at(tick);
    spec.convention = convention;
    to.push_back(build_frame(spec));
    append(all.stream, to.back());
  };
  for (unsigned tick = 0; tick < 10; ++tick) {
    add(all.before, tick);
  }
  append(all.stream, odd);
  add(all.after, 10);
  add(all.after, 11);
  return all;
}

TEST(FramerFaults, JunkBetweenFramesComesOutAsOneRunOfItsOwn) {
  for (const std::string_view junk :
       {std::string_view("x"), std::string_view("\0\0\0\0\0\0\0\0", 8),
        std::string_view("GET / HTTP/1.1\r\n"), std::string_view("2026-03-0208:00:0"),
        std::string_view("2026-03-0308:00:0x........")}) {
    const auto all = surround(as_bytes(junk));
    for (const std::size_t step : {std::size_t{1}, std::size_t{50}, all.stream.size()}) {
      const auto pieces = test::pieces_of(all.stream, step);
      ASSERT_EQ(pieces.size(), 13U) << junk << " by " << step;
      EXPECT_EQ(pieces[10], (test::KeptPiece{Piece::Kind::junk, text(junk)}));
      EXPECT_TRUE(pieces[9].bytes == all.before[9]);
      EXPECT_TRUE(pieces[11].bytes == all.after[0]);
      EXPECT_TRUE(pieces[12].bytes == all.after[1]);
    }
  }
}

TEST(FramerFaults, JunkBeforeTheFirstFrameComesOutAsOneRun) {
  const ByteVector frame = build_frame(good_spec_at(0));
  for (std::size_t size = 1; size < 60; ++size) {
    ByteVector stream(size, std::byte{0x35});
    append(stream, frame);
    const auto pieces = test::pieces_of(stream, 1);
    ASSERT_EQ(pieces.size(), 2U);
    EXPECT_EQ(pieces[0].kind, Piece::Kind::junk);
    EXPECT_EQ(pieces[0].bytes.size(), size);
    EXPECT_TRUE(pieces[1].bytes == frame);
  }
}

TEST(FramerFaults, EndlessJunkIsHandedOutAndNeverPilesUp) {
  Framer framer;
  const ByteVector junk(10'000, std::byte{':'});
  std::size_t kept = 0;
  for (int i = 0; i < 500; ++i) {
    framer.add(junk);
    while (const auto piece = framer.next()) {
      EXPECT_EQ(piece->kind, Piece::Kind::junk);
      kept += piece->bytes.size();
    }
    ASSERT_LE(framer.pending(), 100'000U);
  }
  EXPECT_EQ(kept + framer.pending(), 5'000'000U);
}

TEST(FramerFaults, AFrameWithoutAnEndIsHandedOutWhenItExceedsTheBound) {
  Framer framer;
  framer.add(build_frame(good_spec_at(0)));
  const ByteVector junk(10'000, std::byte{'-'});
  std::size_t kept = 0;
  for (int i = 0; i < 300; ++i) {
    framer.add(junk);
    while (const auto piece = framer.next()) {
      kept += piece->bytes.size();
    }
    ASSERT_LE(framer.pending(), Framer::kMaxFrame);
  }
  EXPECT_GE(kept, 2U * Framer::kMaxFrame);
}

TEST(FramerFaults, JunkAtAPauseIsHandedOutButNotWhatMayBeginAFrame) {
  const ByteVector frame = build_frame(good_spec_at(0));
  for (std::size_t cut = 0; cut <= 25; ++cut) {
    Framer framer;
    ByteVector begun = text("junk that is no part of it");
    const std::size_t junk = begun.size();
    append(begun, Bytes(frame).first(cut));
    framer.add(begun);
    ASSERT_FALSE(framer.next());
    KeptPieces kept;
    while (const auto piece = framer.paused()) {
      test::keep(kept, *piece);
    }
    EXPECT_EQ(framer.pending(), std::max<std::size_t>(cut, 8)) << cut;
    framer.add(Bytes(frame).subspan(cut));
    while (const auto piece = framer.paused()) {
      test::keep(kept, *piece);
    }
    ASSERT_GE(kept.size(), 2U) << cut;
    EXPECT_TRUE(kept.back().bytes == frame) << cut;
    EXPECT_EQ(test::joined(kept).size(), junk + frame.size());
  }
}

TEST(FramerFaults, ADateInAnyValueNeverSplitsAFrame) {
  for (const bool length_is_nonsense : {false, true}) {
    for (std::size_t item = 0; item < good_spec_at(0).items.size(); ++item) {
      for (const std::string_view around : {"", "x", "Smith, "}) {
        std::vector<ByteVector> frames;
        ByteVector stream;
        for (unsigned tick = 0; tick < 12; ++tick) {
          FrameSpec spec = good_spec_at(tick);
          spec.items[item].value = std::string(around) + "2026-03-0208:00:00" + std::string(around);
          if (length_is_nonsense) {
            spec.length_field = 77;
          }
          frames.push_back(build_frame(spec));
          append(stream, frames.back());
        }
        for (const std::size_t step : {std::size_t{1}, std::size_t{97}, stream.size()}) {
          EXPECT_TRUE(test::frames_of(test::pieces_of(stream, step)) == frames)
              << "item " << item << " by " << step;
        }
      }
    }
  }
}

// As a connection begins with the patient `Smith 2026-03-0208:00:00`: no whole item stands in front
// of the date, and nothing has shown where items start.
TEST(FramerFaults, ADateInTheFirstItemNeverSplitsAFrameWhereverItemsStart) {
  for (const bool length_is_nonsense : {false, true}) {
    for (const std::string_view opaque : {"", "\x07", "\x07\x01", "a few opaque bytes"}) {
      for (const std::string_view around : {"", "x", "Smith, ", "2026-03-0208:00:00 "}) {
        std::vector<ByteVector> frames;
        ByteVector stream;
        for (unsigned tick = 0; tick < 12; ++tick) {
          FrameSpec spec = good_spec_at(tick);
          spec.opaque = opaque;
          spec.items[0].value = std::string(around) + "2026-03-0208:00:00" + std::string(around);
          spec.items[1].value = "2026-03-0208:00:00";
          if (length_is_nonsense) {
            spec.length_field = 77;
          }
          frames.push_back(build_frame(spec));
          append(stream, frames.back());
        }
        for (const std::size_t step : {std::size_t{1}, std::size_t{97}, stream.size()}) {
          EXPECT_TRUE(test::frames_of(test::pieces_of(stream, step)) == frames)
              << opaque.size() << " opaque bytes, " << around << " by " << step;
        }
      }
    }
  }
}

TEST(FramerFaults, ADateInTheFirstItemDoesNotSplitAFrameThatAPauseCutsAnywhere) {
  FrameSpec spec = good_spec_at(0);
  spec.opaque = "\x07";
  spec.items[0].value = "Smith 2026-03-0208:00:00";
  const ByteVector first = build_frame(spec);
  spec.counter = 1;
  const ByteVector second = build_frame(spec);
  for (std::size_t cut = 1; cut < first.size(); ++cut) {
    Framer framer;
    KeptPieces kept;
    test::feed(framer, first, 1000, kept);
    test::feed(framer, Bytes(second).first(cut), 1000, kept);
    while (const auto piece = framer.paused()) {
      test::keep(kept, *piece);
    }
    test::feed(framer, Bytes(second).subspan(cut), 1000, kept);
    while (const auto piece = framer.paused()) {
      test::keep(kept, *piece);
    }
    EXPECT_EQ(test::frames_of(kept), (std::vector<ByteVector>{first, second})) << cut;
  }
}

// Whether the length leaves out itself, or the four bytes behind the items, cannot be told at
// first.
TEST(FramerFaults, FourBytesBehindTheItemsStayWithTheirFrameWhereTheLengthIsFourShort) {
  for (const bool of_one_size : {false, true}) {
    std::vector<ByteVector> frames;
    ByteVector stream;
    for (unsigned tick = 0; tick < 12; ++tick) {
      frames.push_back(build_frame(good_spec_at(of_one_size ? 0 : tick)));
      append(frames.back(), as_bytes("CRC!"));
      append(stream, frames.back());
    }
    for (const std::size_t step : {std::size_t{1}, std::size_t{97}, stream.size()}) {
      auto got = test::frames_of(test::pieces_of(stream, step));
      ASSERT_GE(got.size(), 11U) << step;
      got.resize(11);  // where nothing is learnt, nothing tells whether the last one is whole
      EXPECT_TRUE(std::equal(got.begin(), got.end(), frames.begin())) << step;
    }
  }
}

TEST(FramerFaults, ATruncatedFrameIsHandedOutAndTheNextOnesStayWhole) {
  FrameSpec cut_spec = good_spec_at(51);
  for (const std::int64_t convention : {0, 4, 27}) {
    cut_spec.convention = convention;
    const ByteVector cut_frame = build_frame(cut_spec);
    for (std::size_t size = 27; size < cut_frame.size(); ++size) {
      const auto all = surround(Bytes(cut_frame).first(size), convention);
      // In pieces so large that the head of the next frame is seen together with the end of this
      // one.
      const auto pieces = test::pieces_of(all.stream, all.stream.size());
      ASSERT_EQ(pieces.size(), 13U) << size;
      EXPECT_EQ(pieces[10].bytes.size(), size);
      EXPECT_TRUE(pieces[11].bytes == all.after[0]);
      EXPECT_TRUE(pieces[12].bytes == all.after[1]);
    }
  }
}

TEST(FramerFaults, AnItemThatOverrunsItsFrameDoesNotTakeTheNextOneWithIt) {
  for (const std::uint32_t length : {5U, 40U, 300U, 4000U, 70'000U, 0xFFFFFFFFU}) {
    ByteVector broken = build_frame(good_spec_at(51));
    // The length of the last item: behind it is only its value of 4 characters (`51.0`).
    store_little_endian(broken.data() + broken.size() - 4 - 4, length);
    const auto all = surround(broken);
    for (const std::size_t step : {std::size_t{1}, std::size_t{97}, all.stream.size()}) {
      const auto frames = test::frames_of(test::pieces_of(all.stream, step));
      ASSERT_EQ(frames.size(), 13U) << length;
      EXPECT_TRUE(frames[10] == broken);
      EXPECT_TRUE(frames[11] == all.after[0]);
    }
  }
}

TEST(FramerFaults, FramesThatCannotBeWalkedAreStillFrames) {
  FrameSpec opaque;
  opaque.time = test::time_after(70);
  opaque.opaque = std::string(500, '\x80');
  const ByteVector odd = build_frame(opaque);
  const auto all = surround(odd);
  const auto frames = test::frames_of(test::pieces_of(all.stream, 100));
  ASSERT_EQ(frames.size(), 13U);
  EXPECT_TRUE(frames[10] == odd);
}

TEST(FramerFaults, DatesInAFrameThatCannotBeWalkedAreOverruledByItsLength) {
  FrameSpec opaque;
  opaque.time = test::time_after(70);
  for (int i = 0; i < 200; ++i) {
    opaque.opaque += "................2026-03-0208:00:00........";
  }
  const ByteVector odd = build_frame(opaque);
  const auto all = surround(odd);
  for (const std::size_t step : {std::size_t{1}, std::size_t{97}, all.stream.size()}) {
    const auto frames = test::frames_of(test::pieces_of(all.stream, step));
    ASSERT_EQ(frames.size(), 13U);
    EXPECT_TRUE(frames[10] == odd);
    EXPECT_TRUE(frames[11] == all.after[0]);
  }
}

TEST(FramerFaults, ATruncatedFrameDoesNotHoldBackTheNextOneThroughAPause) {
  FrameSpec large = good_spec_at(51);
  large.items = typical_items(Patient{}, 51, 40);
  const ByteVector cut_frame = build_frame(large);
  const ByteVector next = build_frame(good_spec_at(52));
  // So short that the next frame ends before this one would have.
  ASSERT_GT(cut_frame.size(), 3 * next.size());
  for (std::size_t size = 27; size + next.size() < cut_frame.size(); ++size) {
    Framer framer;
    KeptPieces kept;
    test::feed(framer, surround({}).stream, 1000, kept);
    kept.clear();
    test::feed(framer, Bytes(cut_frame).first(size), 1000, kept);
    test::feed(framer, next, 1000, kept);
    while (const auto piece = framer.paused()) {
      test::keep(kept, *piece);
    }
    ASSERT_EQ(kept.size(), 2U) << size;
    EXPECT_EQ(kept[0].bytes.size(), size);
    EXPECT_TRUE(kept[1].bytes == next);
  }
}

TEST(FramerFaults, AFlippedByteAnywhereLosesNothing) {
  ByteVector stream;
  for (unsigned tick = 0; tick < 5; ++tick) {
    append(stream, build_frame(good_spec_at(tick)));
  }
  for (std::size_t at = 0; at < stream.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      ByteVector damaged = stream;
      damaged[at] ^= static_cast<std::byte>(flip);
      for (const std::size_t step : {std::size_t{1}, damaged.size()}) {
        ASSERT_TRUE(test::joined(test::pieces_of(damaged, step)) == damaged) << at;
      }
    }
  }
}

TEST(FramerFaults, AStreamCutAnywhereLosesNothingAndGivesTheSameFramesBefore) {
  std::vector<ByteVector> frames;
  ByteVector stream;
  for (unsigned tick = 0; tick < 5; ++tick) {
    frames.push_back(build_frame(good_spec_at(tick)));
    append(stream, frames.back());
  }
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    const Bytes cut = Bytes(stream).first(size);
    const auto pieces = test::pieces_of(cut, 64);
    ASSERT_EQ(as_text(test::joined(pieces)), as_text(cut));
    std::size_t end = 0;
    for (std::size_t i = 0; i < frames.size() && end + frames[i].size() + 26 <= size; ++i) {
      ASSERT_LT(i, pieces.size());
      ASSERT_TRUE(pieces[i].bytes == frames[i]) << size;
      end += frames[i].size();
    }
  }
}

// Streams of good frames, junk, cut frames, doubled frames and flipped bytes, with pauses anywhere.
TEST(FramerFaults, NoByteIsEverLostOrAltered) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::minstd_rand random(seed);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random()) % bound; };
    ByteVector stream;
    for (unsigned tick = 0; tick < 60; ++tick) {
      FrameSpec spec = good_spec_at(tick);
      spec.convention = seed % 3 == 0 ? 4 : 0;
      if (below(8) == 0) {
        spec.length_field = static_cast<std::uint32_t>(below(2) == 0 ? random() : below(2000));
      }
      ByteVector frame = build_frame(spec);
      if (below(8) == 0) {
        frame.resize(below(static_cast<unsigned>(frame.size())));
      }
      if (!frame.empty() && below(8) == 0) {
        frame[below(static_cast<unsigned>(frame.size()))] ^= static_cast<std::byte>(1 + below(255));
      }
      append(stream, frame);
      if (below(8) == 0) {
        append(stream, ByteVector(below(400), static_cast<std::byte>(below(256))));
      }
    }
    Framer framer;
    KeptPieces kept;
    for (Bytes rest = stream; !rest.empty();) {
      const Bytes part = rest.first(std::min<std::size_t>(rest.size(), 1 + below(1500)));
      framer.add(part);
      test::take_complete(framer, kept);
      if (below(4) == 0) {
        while (const auto piece = framer.paused()) {
          test::keep(kept, *piece);
        }
      }
      rest = rest.subspan(part.size());
    }
    test::take_rest(framer, kept);
    ASSERT_TRUE(test::joined(kept) == stream) << "seed " << seed;
    ASSERT_EQ(framer.pending(), 0U);
    for (const auto& piece : kept) {
      ASSERT_FALSE(piece.bytes.empty());
    }
  }
}

}  // namespace
}  // namespace icom
