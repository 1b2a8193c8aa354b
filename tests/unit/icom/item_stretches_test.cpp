#include "common/icom/item_stretches.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "common/icom/item.hpp"
#include "common/icom/values.hpp"
#include "tests/unit/icom/frame_builder.hpp"

namespace icom {

static std::ostream& operator<<(std::ostream& out, const ItemStretch& stretch) {
  return out << stretch.begin << " to " << stretch.end;
}

namespace {

using namespace std::string_literals;
using test::build_frame;
using test::FrameSpec;
using test::TestItem;
using testing::ElementsAre;

constexpr std::size_t kFirst = 27;

/// Each item's bytes, in order.
std::vector<std::string> items_of(const std::vector<TestItem>& items) {
  std::vector<std::string> all;
  for (const TestItem& item : items) {
    ByteVector bytes;
    test::append_item(bytes, item);
    all.emplace_back(as_text(bytes));
  }
  return all;
}

std::string joined(const std::vector<std::string>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::string());
}

ByteVector frame_of(const std::vector<std::string>& parts) {
  FrameSpec spec;
  spec.opaque = joined(parts);
  return build_frame(spec);
}

/// The items that are read from a frame.
std::vector<std::string> read(Bytes frame) {
  std::vector<std::string> all;
  std::size_t before = kFirst;
  for (const ItemStretch& stretch : item_stretches(frame)) {
    EXPECT_GE(stretch.begin, before);
    EXPECT_GT(stretch.end, stretch.begin);
    EXPECT_LE(stretch.end, frame.size());
    before = stretch.end;
    ItemWalk walk(frame.first(stretch.end), stretch.begin);
    while (const auto item = walk.next()) {
      all.emplace_back(as_text(frame.subspan(item->offset, item->end() - item->offset)));
    }
    EXPECT_EQ(walk.offset(), stretch.end);
  }
  return all;
}

std::vector<std::string> typical() {
  return items_of(test::typical_items(test::Patient{}, 89));
}

/// An item whose header a test breaks.
std::string odd_item(std::size_t at, char byte, const std::string& value = "abcd") {
  std::string item = items_of({{0x3001, 0x1017, "UN", 'P', value}}).front();
  item[at] = byte;
  return item;
}

std::vector<std::string> odd_ones() {
  constexpr std::size_t kVr = 4;
  constexpr std::size_t kZero = 6;
  constexpr std::size_t kPart = 7;
  constexpr std::size_t kLength = 8;
  return {
      odd_item(kVr, 'u'),
      odd_item(kVr + 1, '1'),
      odd_item(kVr, '\0'),
      odd_item(kPart, '\0'),
      odd_item(kPart, '\x1F'),
      odd_item(kZero, '\1'),
      odd_item(kLength, '\x7F'),      // goes on into the items behind it
      odd_item(kLength + 3, '\x7F'),  // goes on beyond the frame
      odd_item(kVr, 'u', std::string(500, '\xAA')),
      odd_item(kVr, 'u') + odd_item(kPart, '\0') + odd_item(kPart, '\0', ""),
      std::string(1, '\0'),  // padding
      std::string(7, '\0'),
      std::string(100, '\0'),
      " ",
      "\x01\x30\x17"s,  // nothing of an item but its beginning
      std::string(40, '\xEE'),
      odd_item(kVr, 'u').substr(0, 14),
  };
}

TEST(ItemStretches, ACleanFrameIsOne) {
  const ByteVector frame = frame_of(typical());
  EXPECT_THAT(item_stretches(frame), ElementsAre(ItemStretch{kFirst, frame.size()}));
  EXPECT_TRUE(item_stretches(Bytes(frame).first(kFirst)).empty());
  EXPECT_TRUE(item_stretches({}).empty());
}

TEST(ItemStretches, WhatIsNoItemAnywhereLosesNoneBeforeOrAfterIt) {
  const std::vector<std::string> items = typical();
  for (const std::string& odd : odd_ones()) {
    for (std::size_t at = 0; at <= items.size(); ++at) {
      std::vector<std::string> parts = items;
      parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), odd);
      const ByteVector frame = frame_of(parts);
      if (ItemWalk::end_from(frame, kFirst) == frame.size()) {
        continue;  // a wrong length that leads to an item: nothing shows that it is wrong
      }
      SCOPED_TRACE(testing::Message() << testing::PrintToString(odd) << " before item " << at);
      ASSERT_EQ(read(frame), items);
      ASSERT_EQ(values_of(frame).bytes_not_understood, odd.size());
      const FrameFacts facts = facts_of(frame);
      ASSERT_EQ(facts.patient_id, "100234");
      ASSERT_EQ(facts.delivery_mu, 62.3);
      ASSERT_FALSE(facts.patient_unread);
      ASSERT_EQ(facts.items_end_exactly, at == 0);
    }
  }
}

TEST(ItemStretches, PaddingAfterEveryItemLosesNone) {
  const std::vector<std::string> items = typical();
  for (const std::size_t padding : {1U, 3U, 11U}) {
    std::vector<std::string> parts;
    for (const std::string& item : items) {
      parts.push_back(item);
      parts.emplace_back(padding, '\0');
    }
    EXPECT_EQ(read(frame_of(parts)), items);
  }
}

TEST(ItemStretches, AnItemThatIsTooLongIsLeftOutAloneWhereverItEnds) {
  const std::vector<std::string> items = typical();
  for (std::size_t i = 0; i + 1 < items.size(); ++i) {
    std::vector<std::string> others = items;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    std::size_t behind = 0;  // items that the wrong length holds
    std::size_t behind_end = 0;
    const ByteVector frame = frame_of(items);
    std::size_t at = kFirst;
    for (std::size_t before = 0; before < i; ++before) at += items[before].size();
    for (std::size_t extra = 1; at + items[i].size() + extra <= frame.size() + 20; ++extra) {
      if (extra == behind_end + items[i + behind + 1].size()) {
        behind_end = extra;
        if (i + ++behind + 1 == items.size()) break;
        continue;  // another item begins where it ends: nothing shows that it is too long
      }
      ByteVector broken = frame;
      const auto length = static_cast<std::uint32_t>(items[i].size() - kItemHeaderSize + extra);
      store_little_endian(broken.data() + at + 8, length);
      ASSERT_EQ(read(broken), others) << "item " << i << ", too long by " << extra;
    }
  }
}

TEST(ItemStretches, AnItemThatIsTooShortIsLeftOutAlone) {
  const std::vector<std::string> items = typical();
  const ByteVector frame = frame_of(items);
  std::size_t at = kFirst;
  for (std::size_t i = 0; i + 1 < items.size(); ++i) {
    std::vector<std::string> others = items;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const std::size_t size = items[i].size() - kItemHeaderSize;
    for (std::uint32_t length = 0; length < size; ++length) {
      if (items[i][kItemHeaderSize + length] == ' ') continue;  // like padding
      ByteVector broken = frame;
      store_little_endian(broken.data() + at + 8, length);
      ASSERT_EQ(read(broken), others) << "item " << i << " of length " << length;
    }
    at += items[i].size();
  }
}

TEST(ItemStretches, NothingInTheValueOfAnOddItemIsTakenForAnItem) {
  const std::vector<std::string> items = typical();
  const std::string inner = joined(items_of({{0x0010, 0x0010, "PN", 'P', "GUM, Other"},
                                             {0x0010, 0x0020, "LO", 'P', "999"},
                                             {0x3008, 0x0032, "DS", 'R', "7"},
                                             {0x300A, 0x00B2, "SH", 'P', "9183"}}));
  for (std::size_t at = 1; at <= items.size(); ++at) {
    std::vector<std::string> parts = items;
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(at), odd_item(4, 'u', inner));
    ASSERT_EQ(read(frame_of(parts)), items) << at;
  }
}

TEST(ItemStretches, FewItemsInTheMiddleOfOtherBytesDoNotCount) {
  const std::vector<std::string> items = typical();
  const std::string junk(50, '\xEE');
  for (const std::size_t count : {1U, 2U, 3U}) {
    const std::vector<std::string> lone(items.end() - count, items.end());
    const auto parts = {joined(items), junk, joined(lone), junk};
    const std::vector<std::string> got = read(frame_of(parts));
    EXPECT_EQ(got.size(), items.size() + (count < kItemsOfProof ? 0 : count));
  }
}

TEST(ItemStretches, OpaqueBytesBeforeTheFirstItemAreSkipped) {
  const std::vector<std::string> items = typical();
  // The last is an item by chance that holds the first true ones.
  for (const std::string& opaque : {std::string(60, 'A'), std::string(24, '\0'),
                                    odd_item(4, 'U', std::string(30, 'x')), odd_item(8, '\x33')}) {
    std::vector<std::string> parts = items;
    parts.insert(parts.begin(), opaque);
    const std::vector<std::string> got = read(frame_of(parts));
    ASSERT_GE(got.size(), items.size());
    EXPECT_TRUE(std::equal(items.rbegin(), items.rend(), got.rbegin()));
  }
}

TEST(ItemStretches, AFrameCutAnywhereGivesItsWholeItems) {
  const std::vector<std::string> items = typical();
  const ByteVector frame = frame_of(items);
  std::size_t whole = 0;
  std::size_t end = kFirst;
  for (std::size_t size = kFirst; size <= frame.size(); ++size) {
    if (whole < items.size() && size == end + items[whole].size()) end += items[whole++].size();
    ASSERT_EQ(read(Bytes(frame).first(size)).size(), whole) << size;
  }
}

// Anything but linear work would take hours here.
TEST(ItemStretches, StayLinearWhateverOneMebibyteHolds) {
  constexpr std::size_t kSize = 1U << 20U;
  const std::string item = items_of({{0x3001, 0x1007, "DS", 'P', "1"}}).front();
  const std::string empty = items_of({{0x3001, 0x1007, "DS", 'P', ""}}).front();
  const std::string odd = odd_item(4, 'u', "");
  std::string overlong = item;
  overlong[11] = '\x7F';
  const auto claims = [](std::size_t length) {  // an item of that length without its value
    std::string header = items_of({{0x3001, 0x1007, "DS", 'P', ""}}).front();
    for (int i = 0; i < 4; ++i) header[8 + i] = static_cast<char>(length >> (8 * i));
    return header;
  };
  const auto repeated = [](const std::string& part) {
    std::string all;
    while (all.size() < kSize) all += part;
    return all;
  };
  std::string nested;  // each item ends one byte beyond the one before it
  while (nested.size() < kSize) nested += empty + claims(kSize / 2 - nested.size() / 25);
  std::string halves;  // each ends at the same byte, where no item is
  while (halves.size() < kSize / 2) halves += claims(kSize - 12 - halves.size());
  for (const std::string& hostile :
       {repeated(item) + '\0', repeated(item + '\0'), repeated(item + ' ' + odd), repeated(odd),
        repeated(item + odd + '\x01'), repeated(overlong), repeated(empty + claims(13)), nested,
        repeated(claims(kSize)), halves + std::string(kSize, '\xEE'), std::string(kSize, '\0'),
        repeated(std::string("\x10\0\x20\0lo\0P", 8)), repeated(item + "x")}) {
    FrameSpec spec;
    spec.opaque = hostile;
    const ByteVector frame = build_frame(spec);
    const auto stretches = item_stretches(frame);
    EXPECT_EQ(item_stretches(frame), stretches);
    (void)facts_of(frame);
  }
}

TEST(Facts, AnUnreadablePatientIdIsNoAbsentOne) {
  std::vector<std::string> items = typical();
  const auto id = std::find_if(items.begin(), items.end(), [](const std::string& item) {
    return item.find("100234") != std::string::npos;
  });
  ASSERT_NE(id, items.end());
  const std::string good = *id;
  const auto facts_with = [&](const std::string& other) {
    *id = other;
    const ByteVector frame = frame_of(items);
    EXPECT_EQ(seems_to_have_patient(frame), !other.empty());
    return facts_of(frame);
  };
  for (const auto& [at, byte] : {std::pair{4, 'l'},
                                 {5, '0'},
                                 {7, '\0'},
                                 {8, '\3'},
                                 {8, '\x70'},
                                 {9, '\1'},
                                 {11, '\1'},
                                 {11, '\xFF'}}) {
    std::string broken = good;
    broken[static_cast<std::size_t>(at)] = byte;
    const FrameFacts facts = facts_with(broken);
    EXPECT_EQ(facts.patient_id, std::nullopt) << at;
    EXPECT_TRUE(facts.patient_unread) << at;
    EXPECT_EQ(facts.delivery_mu, 62.3) << at;
  }
  EXPECT_FALSE(facts_with(good).patient_unread);
  EXPECT_FALSE(facts_with("").patient_unread);
}

TEST(Facts, APatientIdInAValueIsNoUnreadOne) {
  FrameSpec spec;
  spec.items = test::typical_items({}, 5);
  const std::string header = items_of({{0x0010, 0x0020, "LO", 'P', ""}}).front();
  spec.items.push_back({0x3001, 0x1016, "LO", 'R', header});
  EXPECT_FALSE(facts_of(build_frame(spec)).patient_unread);
  ByteVector frame = build_frame(spec);
  append(frame, as_bytes("tail"));
  EXPECT_FALSE(facts_of(frame).patient_unread);
  append(frame, as_bytes(std::string_view(header).substr(0, 8)));
  EXPECT_TRUE(facts_of(frame).patient_unread);
}

TEST(Values, PositionsAfterALostOneAreGivenNoPlace) {
  const std::vector<TestItem> block = {{0x300A, 0x00B8, "DS", 'R', "ASYMX"},
                                       {0x300A, 0x011C, "DS", 'R', "-1.0"},
                                       {0x300A, 0x011C, "DS", 'R', "2.0"},
                                       {0x300A, 0x011E, "DS", 'R', "3.0"}};
  std::vector<std::string> items = items_of(block);
  items.insert(items.begin() + 2, odd_item(4, 'u'));
  EXPECT_EQ(values_of(frame_of(items)).positions.at(0).centimetres.size(), 2U);

  items = items_of(block);
  items[1][4] = 'd';
  const FrameValues values = values_of(frame_of(items));
  EXPECT_TRUE(values.positions.at(0).centimetres.empty());
  ASSERT_EQ(values.unknown.size(), 1U);
  EXPECT_EQ(values.unknown[0].value, "2.0");
  EXPECT_EQ(values.bytes_not_understood, items[1].size());
}

}  // namespace
}  // namespace icom
