// The delta codec is lossless on whatever it is given, small on what a Linac sends, and harmless on
// what is malformed.
#include "common/icom/delta_codec.hpp"

#include <gtest/gtest.h>

#include <random>

#include "common/icom/framer.hpp"
#include "tests/data/sample.hpp"
#include "tests/unit/icom/frame_builder.hpp"

namespace icom {
namespace {

using test::build_frame;
using test::FrameSpec;
using test::Patient;
using test::TestItem;
using test::typical_items;

// Encodes with one encoder, decodes with one decoder, as the two ends of a link do.
class Ends {
 public:
  // The size of the code. Fails the test where the bytes do not come back.
  std::size_t pass(Bytes bytes) {
    ByteVector code;
    encoder_.encode(bytes, code);
    ByteVector decoded = ByteVector(3, std::byte{0x55});
    EXPECT_TRUE(decoder_.decode(code, decoded));
    EXPECT_EQ(as_text(Bytes(decoded).subspan(std::min<std::size_t>(3, decoded.size()))),
              as_text(bytes));
    return code.size();
  }

 private:
  DeltaEncoder encoder_;
  DeltaDecoder decoder_;
};

FrameSpec spec_with_leaves(unsigned tick, unsigned leaves = 8) {
  FrameSpec spec;
  spec.time = test::time_after(tick / 4);
  spec.counter = static_cast<std::uint8_t>(tick);
  spec.items = typical_items(Patient{}, tick, leaves);
  return spec;
}

ByteVector frame_at(unsigned tick, unsigned leaves = 8) {
  return build_frame(spec_with_leaves(tick, leaves));
}

bool decodes(DeltaDecoder& decoder, Bytes code) {
  ByteVector out;
  return decoder.decode(code, out);
}

// A pair of frames and the code of the second against the first.
struct Coded {
  ByteVector before;
  ByteVector frame;
  ByteVector key_code;
  ByteVector code;
};

Coded coded(ByteVector before, ByteVector frame) {
  Coded pair{std::move(before), std::move(frame), {}, {}};
  DeltaEncoder encoder;
  encoder.encode(pair.before, pair.key_code);
  encoder.encode(pair.frame, pair.code);
  return pair;
}

// One of everything: steps, a number of another size, a text, an item gone, an item new, header
// bytes, a tail.
Coded coded_with_everything() {
  FrameSpec before = spec_with_leaves(3);
  FrameSpec after = spec_with_leaves(4);
  before.opaque = "abc";
  after.opaque = "axc";
  after.items[0].value = "BANKSIA, Rosemary";
  before.items[4].value = "9.9";
  after.items[4].value = "10.0";
  before.items.insert(before.items.begin() + 2, {0x3001, 0x1001, "LO", 'P', "PROSTATE"});
  after.items.push_back({0x7001, 0x0038, "SH", 'R', "8.3"});
  ByteVector frame = build_frame(after);
  append(frame, as_bytes("tail"));
  return coded(build_frame(before), std::move(frame));
}

TEST(DeltaCodec, BringsTheSampleBack) {
  const auto sample = test::load_sample();
  Ends ends;
  std::size_t coded_size = 0;
  for (const Bytes frame : test::split_by_length(sample)) {
    coded_size += ends.pass(frame);
  }
  EXPECT_LT(coded_size * 10, sample.size());
}

// docs/protocol.md, "Delta coding", shows these bytes.
TEST(DeltaCodec, WritesTheWorkedExampleOfTheDocument) {
  FrameSpec before;
  before.counter = 0xC8;
  before.items = {{0x0010, 0x0020, "LO", 'P', "100234"},
                  {0x3008, 0x0032, "DS", 'R', "83.2"},
                  {0x300A, 0x011C, "DS", 'R', "-9.9"}};
  FrameSpec after = before;
  after.time = "2026-03-0208:00:01";
  after.counter = 0xC9;
  after.items[1].value = "83.9";
  after.items[2].value = "-10.1";
  after.items.insert(after.items.begin() + 1, {0x3001, 0x1016, "LO", 'R', "Door"});
  const Coded pair = coded(build_frame(before), build_frame(after));
  std::string hex;
  for (const std::byte byte : pair.code) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02X ", static_cast<unsigned>(byte));
    hex += digits;
  }
  EXPECT_EQ(hex, "01 00 01 19 31 00 FB 0E 03 FF 01 30 16 10 4C 4F 00 52 04 44 6F 6F 72 00 ");
}

TEST(DeltaCodec, AnUnremarkableNextFrameCostsAHandfulOfBytes) {
  Ends ends;
  FrameSpec spec = spec_with_leaves(100, 160);
  ends.pass(build_frame(spec));
  ++spec.counter;
  EXPECT_LE(ends.pass(build_frame(spec)), 6U);
  spec.counter = 255;
  ends.pass(build_frame(spec));
  spec.counter = 0;
  EXPECT_LE(ends.pass(build_frame(spec)), 6U);
}

TEST(DeltaCodec, TheSameFrameTwiceComesBackTwice) {
  Ends ends;
  ends.pass(frame_at(1));
  EXPECT_LE(ends.pass(frame_at(1)), 8U);
}

TEST(DeltaCodec, TheFirstFrameIsAKeyFrame) {
  DeltaEncoder encoder;
  ByteVector code;
  encoder.encode(frame_at(1), code);
  code.clear();
  encoder.reset();
  encoder.encode(frame_at(2), code);
  DeltaDecoder decoder;
  ByteVector decoded;
  ASSERT_TRUE(decoder.decode(code, decoded));
  EXPECT_EQ(as_text(decoded), as_text(frame_at(2)));
}

TEST(DeltaCodec, ItemsMayComeAndGoAnywhere) {
  const FrameSpec all = spec_with_leaves(5);
  Ends ends;
  for (std::size_t first = 0; first < all.items.size(); ++first) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{2}, all.items.size()}) {
      FrameSpec some = all;
      const std::size_t last = std::min(first + count, all.items.size());
      some.items.erase(some.items.begin() + static_cast<std::ptrdiff_t>(first),
                       some.items.begin() + static_cast<std::ptrdiff_t>(last));
      ends.pass(build_frame(all));
      ends.pass(build_frame(some));
      ends.pass(build_frame(some));
    }
  }
}

TEST(DeltaCodec, ALeafBlockThatComesOrGoesIsNotAKeyFrame) {
  Ends ends;
  FrameSpec spec = spec_with_leaves(5, 160);
  ends.pass(build_frame(spec));
  const auto block = spec.items.begin() + 5 + 161;
  std::vector<TestItem> removed(block, block + 161);
  spec.items.erase(block, block + 161);
  EXPECT_LT(ends.pass(build_frame(spec)), 500U);
  spec.items.insert(spec.items.begin() + 5 + 161, removed.begin(), removed.end());
  EXPECT_LT(ends.pass(build_frame(spec)), 161U * 16U);
}

TEST(DeltaCodec, EveryValueMayFollowEveryOther) {
  const std::vector<std::string> values = {"",
                                           "0",
                                           "-0",
                                           "0.0",
                                           "-0.0",
                                           "0.1",
                                           "-0.1",
                                           "00.1",
                                           ".5",
                                           "5.",
                                           "-",
                                           "-.",
                                           ".",
                                           "1",
                                           "9",
                                           "10",
                                           "-9",
                                           "-10",
                                           "9.9",
                                           "10.0",
                                           "-9.9",
                                           "-10.0",
                                           "-9.95",
                                           "99999999",
                                           "100000000",
                                           "-9999999",
                                           "-10000000",
                                           "9999.999",
                                           "1000.000",
                                           "0.000001",
                                           "-0.00001",
                                           "1e3",
                                           "1 ",
                                           "+1",
                                           "ABCDEFGH",
                                           "ABCDEFGHI",
                                           "1.2.3",
                                           "12:30",
                                           std::string(1, '\0'),
                                           std::string(300, 'x'),
                                           "\xC3\x84rger",
                                           "1/2",
                                           "8:",
                                           "--1"};
  Ends ends;
  for (const std::string& first : values) {
    for (const std::string& second : values) {
      FrameSpec spec = spec_with_leaves(1, 1);
      spec.items[1].value = first;
      spec.items.back().value = first;
      ends.pass(build_frame(spec));
      spec.items[1].value = second;
      spec.items.back().value = second;
      ends.pass(build_frame(spec));
    }
  }
}

TEST(DeltaCodec, NumbersStepInBothDirectionsThroughEverySize) {
  Ends ends;
  for (int step = 1; step < 400; step += 7) {
    FrameSpec spec = spec_with_leaves(1, 1);
    for (int value = -1300; value < 1300; value += step) {
      char text[16];
      std::snprintf(text, sizeof text, "%.1f", value / 10.0);
      spec.items.back().value = text;
      ++spec.counter;
      ends.pass(build_frame(spec));
    }
  }
}

TEST(DeltaCodec, AnyLengthFieldComesBack) {
  Ends ends;
  for (const std::uint32_t length : {0U, 1U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU, 8051U, 0U}) {
    FrameSpec spec = spec_with_leaves(length % 50);
    spec.length_field = length;
    ends.pass(build_frame(spec));
  }
}

TEST(DeltaCodec, OpaqueBytesAndTailsMayChange) {
  Ends ends;
  for (unsigned tick = 0; tick < 40; ++tick) {
    FrameSpec spec = spec_with_leaves(tick);
    spec.opaque = std::string(tick / 10, static_cast<char>(tick));
    ByteVector frame = build_frame(spec);
    append(frame, as_bytes(std::string(tick % 4, 'T')));
    ends.pass(frame);
  }
}

TEST(DeltaCodec, WhateverComesBetweenBothEndsStayInStep) {
  Ends ends;
  std::minstd_rand random(3);
  ByteVector noise(5000);
  for (auto& byte : noise) {
    byte = static_cast<std::byte>(random());
  }
  const ByteVector frame = frame_at(7);
  ends.pass(frame);
  ends.pass({});
  ends.pass(frame);
  ends.pass(noise);
  ends.pass(frame);
  ends.pass(Bytes(frame).first(27));
  ends.pass(frame);
  ends.pass(Bytes(frame).first(5));
  ends.pass(frame);
  ends.pass(ByteVector(1U << 20U, std::byte{'A'}));
  ends.pass(frame);
  EXPECT_LT(ends.pass(frame_at(8)), frame.size() / 4);
}

TEST(DeltaCodec, FramesCutAtEveryLengthComeBack) {
  const ByteVector frame = frame_at(9);
  Ends ends;
  for (std::size_t size = 0; size <= frame.size(); ++size) {
    ends.pass(frame);
    ends.pass(Bytes(frame).first(size));
  }
}

TEST(DeltaCodec, FramesWithAnyByteFlippedComeBack) {
  const ByteVector frame = frame_at(9);
  Ends ends;
  for (std::size_t at = 0; at < frame.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      ByteVector damaged = frame;
      damaged[at] ^= static_cast<std::byte>(flip);
      ends.pass(damaged);
      ends.pass(frame);
    }
  }
}

TEST(DeltaCodec, RandomStreamsComeBack) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::minstd_rand random(seed);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random()) % bound; };
    Ends ends;
    for (unsigned tick = 0; tick < 30; ++tick) {
      FrameSpec spec = spec_with_leaves(tick, 1 + below(6));
      for (unsigned change = below(6); change > 0; --change) {
        const unsigned at = below(static_cast<unsigned>(spec.items.size()));
        switch (below(4)) {
          case 0:
            spec.items.erase(spec.items.begin() + at);
            break;
          case 1:
            spec.items.insert(spec.items.begin() + at, spec.items[below(at + 1)]);
            break;
          case 2:
            spec.items[at].value = std::string(below(12), static_cast<char>(below(256)));
            break;
          default:
            spec.items[at].value = std::to_string(below(100'000));
        }
      }
      ByteVector frame = build_frame(spec);
      if (below(5) == 0) {
        frame.resize(below(static_cast<unsigned>(frame.size())));
      }
      ends.pass(frame);
    }
  }
}

TEST(DeltaCodec, TheLargestFrameComesBack) {
  Ends ends;
  const ByteVector large(Framer::kMaxFrame, std::byte{7});
  ends.pass(large);
  ends.pass(large);
}

TEST(RememberedFrame, GivesTheRoomOfALargeFrameBackWithTheNext) {
  constexpr std::size_t kSmall = 64U << 10U;
  FrameSpec spec;
  spec.items = typical_items(Patient{}, 1);
  const ByteVector small = build_frame(spec);
  spec.items.resize(150'000, TestItem{0x300A, 0x011C, "DS", 'R', ""});
  RememberedFrame before;
  before.remember(build_frame(spec));
  EXPECT_EQ(before.slots.size(), 150'000U);
  EXPECT_EQ(before.slots.capacity(), before.slots.size());
  before.remember(small);
  EXPECT_TRUE(before.usable());
  EXPECT_LE(before.bytes.capacity(), kSmall);
  EXPECT_LE(before.slots.capacity() * sizeof(ItemSlot), kSmall);
}

TEST(DeltaDecoder, RefusesMoreThanItsBound) {
  ByteVector code(DeltaDecoder::kMaxDecoded + 2);
  DeltaDecoder decoder;
  EXPECT_FALSE(decodes(decoder, code));
  code.pop_back();
  EXPECT_TRUE(decodes(decoder, code));
}

TEST(DeltaDecoder, ADeltaWithoutAFrameBeforeIsRefused) {
  const Coded pair = coded(frame_at(1), frame_at(2));
  DeltaDecoder decoder;
  EXPECT_FALSE(decodes(decoder, pair.code));
  EXPECT_TRUE(decodes(decoder, pair.key_code));
  EXPECT_TRUE(decodes(decoder, pair.code));
  decoder.reset();
  EXPECT_FALSE(decodes(decoder, pair.code));
}

TEST(DeltaDecoder, AfterARefusalOnlyAKeyFrameIsTaken) {
  const Coded pair = coded(frame_at(1), frame_at(2));
  DeltaDecoder decoder;
  ASSERT_TRUE(decodes(decoder, pair.key_code));
  ByteVector out(5, std::byte{1});
  EXPECT_FALSE(decoder.decode(Bytes(pair.code).first(2), out));
  EXPECT_EQ(out, ByteVector(5, std::byte{1}));
  EXPECT_FALSE(decodes(decoder, pair.code));
  EXPECT_TRUE(decodes(decoder, pair.key_code));
}

TEST(DeltaDecoder, EveryTruncationOfADeltaIsRefused) {
  const Coded pair = coded_with_everything();
  ASSERT_LT(pair.code.size(), pair.frame.size() / 2);
  for (std::size_t size = 0; size < pair.code.size(); ++size) {
    DeltaDecoder decoder;
    ASSERT_TRUE(decodes(decoder, pair.key_code));
    EXPECT_FALSE(decodes(decoder, Bytes(pair.code).first(size))) << size;
  }
  ByteVector longer = pair.code;
  longer.push_back(std::byte{0});
  DeltaDecoder decoder;
  ASSERT_TRUE(decodes(decoder, pair.key_code));
  EXPECT_FALSE(decodes(decoder, longer));
}

TEST(DeltaDecoder, RefusesANewItemThatIsNone) {
  const Coded pair = coded_with_everything();
  const auto kind = as_text(pair.code).find("SH");  // of the item that is new
  ASSERT_NE(kind, std::string_view::npos);
  ByteVector damaged = pair.code;
  damaged[kind] = std::byte{'s'};
  DeltaDecoder decoder;
  ASSERT_TRUE(decodes(decoder, pair.key_code));
  EXPECT_FALSE(decodes(decoder, damaged));
}

TEST(DeltaDecoder, EveryByteOfADeltaMayBeAnythingAndWhatFollowsToo) {
  const Coded pair = coded_with_everything();
  ByteVector next_code;
  {
    DeltaEncoder encoder;
    ByteVector ignored;
    encoder.encode(pair.frame, ignored);
    encoder.encode(frame_at(6), next_code);
  }
  for (std::size_t at = 0; at < pair.code.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      ByteVector damaged = pair.code;
      damaged[at] = static_cast<std::byte>(value);
      DeltaDecoder decoder;
      ASSERT_TRUE(decodes(decoder, pair.key_code));
      ByteVector out;
      if (decoder.decode(damaged, out)) {
        EXPECT_LE(out.size(), DeltaDecoder::kMaxDecoded);
        (void)decoder.decode(next_code, out);  // in whatever state it is: no crash
      }
    }
  }
}

TEST(DeltaDecoder, RandomCodesNeverCrash) {
  const Coded pair = coded(frame_at(1), frame_at(2));
  for (unsigned seed = 1; seed <= 20'000; ++seed) {
    std::minstd_rand random(seed);
    DeltaDecoder decoder;
    ASSERT_TRUE(decodes(decoder, pair.key_code));
    for (int round = 0; round < 3; ++round) {
      ByteVector code(1 + random() % 60);
      for (auto& byte : code) {
        const auto pick = random() % 8;
        byte = static_cast<std::byte>(pick < 3   ? random() % 4
                                      : pick < 5 ? 250 + random() % 6
                                                 : random());
      }
      code[0] = std::byte{1};
      ByteVector out;
      (void)decoder.decode(code, out);
      ASSERT_LE(out.size(), DeltaDecoder::kMaxDecoded);
    }
  }
}

}  // namespace
}  // namespace icom
