#include "common/icom/item.hpp"

#include <gtest/gtest.h>

#include "tests/unit/icom/frame_builder.hpp"

namespace icom {
namespace {

using namespace std::string_view_literals;
using test::build_frame;
using test::FrameSpec;

FrameSpec two_items() {
  FrameSpec spec;
  spec.items = {{0x3001, 0x1007, "DS", 'P', "1"}, {0x300A, 0x00B8, "DS", 'R', "MLCX"}};
  return spec;
}

TEST(ItemWalk, ReadsTheBytesSeenOnTheWire) {
  const Bytes wire = as_bytes(
      "\x01\x30\x07\x10"
      "DS\0P\x01\0\0\0"
      "1"
      "\x0A\x30\xB8\x00"
      "DS\0R\x04\0\0\0"
      "MLCX"sv);
  ItemWalk walk(wire, 0);
  const auto segment = walk.next();
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->group, 0x3001);
  EXPECT_EQ(segment->element, 0x1007);
  EXPECT_EQ(segment->vr_text(), "DS");
  EXPECT_EQ(segment->part, 'P');
  EXPECT_EQ(segment->value, "1");
  EXPECT_EQ(segment->offset, 0U);
  EXPECT_EQ(segment->end(), 13U);
  const auto label = walk.next();
  ASSERT_TRUE(label);
  EXPECT_EQ(label->group, 0x300A);
  EXPECT_EQ(label->element, 0x00B8);
  EXPECT_EQ(label->value, "MLCX");
  EXPECT_FALSE(walk.next());
  EXPECT_TRUE(walk.at_end());
}

TEST(ItemWalk, AValueOfTenCharactersIsAValueLikeAnyOther) {
  FrameSpec spec;
  spec.items = {{0x0010, 0x0020, "LO", 'P', "1234567890"}, {0x0010, 0x0020, "LO", 'P', "x"}};
  const ByteVector frame = build_frame(spec);
  ItemWalk walk(frame, 27);
  EXPECT_EQ(walk.next()->value, "1234567890");
  EXPECT_EQ(walk.next()->value, "x");
}

TEST(ItemWalk, StopsWhereAnItemDoesNotFitWhateverTheFrameIsCutTo) {
  const ByteVector frame = build_frame(two_items());
  const std::size_t second = 27 + 13;
  for (std::size_t size = 27; size < frame.size(); ++size) {
    const Bytes cut = Bytes(frame).first(size);
    ItemWalk walk(cut, 27);
    while (walk.next()) {
    }
    EXPECT_EQ(walk.offset(), size < second ? 27U : second) << size;
    EXPECT_EQ(walk.at_end(), size == 27 || size == second);
    EXPECT_EQ(ItemWalk::end_from(cut, 27), walk.offset());
  }
}

TEST(ItemWalk, StopsAtAnyBrokenHeaderByte) {
  const ByteVector frame = build_frame(two_items());
  for (const auto& [at, byte] : {std::pair{4, 'd'},
                                 {4, '\0'},
                                 {5, '['},
                                 {5, '@'},
                                 {6, '\1'},
                                 {7, '\x1F'},
                                 {7, '\x7F'},
                                 {7, '\xFF'},
                                 {11, '\1'},
                                 {8, '\x7F'}}) {
    ByteVector broken = frame;
    broken[27U + static_cast<unsigned>(at)] = static_cast<std::byte>(byte);
    ItemWalk walk(broken, 27);
    EXPECT_FALSE(walk.next()) << at;
    EXPECT_EQ(walk.offset(), 27U);
  }
}

TEST(ItemWalk, BeginsNowhereBehindTheFrame) {
  const ByteVector frame = build_frame(two_items());
  EXPECT_FALSE(ItemWalk(frame, frame.size()).next());
  EXPECT_FALSE(ItemWalk(frame, frame.size() + 100).next());
}

TEST(FindItems, SkipsOpaqueBytes) {
  for (std::size_t gap = 0; gap < 60; ++gap) {
    FrameSpec spec = two_items();
    spec.opaque = std::string(gap, 'A');
    const ByteVector frame = build_frame(spec);
    EXPECT_EQ(find_items(frame), 27 + gap);
    EXPECT_EQ(find_items(frame, 27 + gap), 27 + gap);
    EXPECT_EQ(find_items(frame, 28), 27 + gap);
    EXPECT_TRUE(items_end_exactly(frame));
  }
}

TEST(FindItems, PrefersTheStartThatGetsFurthest) {
  FrameSpec spec = two_items();
  ByteVector item;
  test::append_item(item, {0x0001, 0x0001, "XX", 'P', ""});
  spec.opaque = std::string(as_text(item)) + "?";  // an item by chance, then nothing
  ByteVector frame = build_frame(spec);
  append(frame, as_bytes("broken tail"));
  EXPECT_EQ(find_items(frame), 27 + 13U);
  EXPECT_FALSE(items_end_exactly(frame));
}

TEST(FindItems, FindsNothingInAFrameWithoutItems) {
  EXPECT_EQ(find_items(build_frame({})), std::nullopt);
  EXPECT_FALSE(items_end_exactly(build_frame({})));
  EXPECT_EQ(find_items({}), std::nullopt);
  EXPECT_FALSE(items_end_exactly({}));
  FrameSpec opaque;
  opaque.opaque = std::string(1000, '\xAA');
  EXPECT_EQ(find_items(build_frame(opaque)), std::nullopt);
}

// Walking each start to its end would take hours here.
TEST(FindItems, StaysLinearOnManyItemsThatEndNowhere) {
  FrameSpec spec;
  spec.items.assign(500'000, {0x3001, 0x1007, "DS", 'P', "1"});
  ByteVector frame = build_frame(spec);
  frame.push_back(std::byte{0});
  EXPECT_EQ(find_items(frame), 27U);
}

}  // namespace
}  // namespace icom
