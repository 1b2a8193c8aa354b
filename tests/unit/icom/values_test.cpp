#include "common/icom/values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/icom/delivered_mu.hpp"
#include "tests/data/sample.hpp"
#include "tests/unit/icom/frame_builder.hpp"

namespace icom {
namespace {

using test::build_frame;
using test::FrameSpec;
using test::TestItem;
using testing::ElementsAre;

FrameValues values_with(std::vector<TestItem> items) {
  FrameSpec spec;
  spec.items = std::move(items);
  return values_of(build_frame(spec));
}

const NamedValue* find(const FrameValues& values, std::string_view key) {
  for (const NamedValue& value : values.named) {
    if (value.tag->key == key) {
      return &value;
    }
  }
  return nullptr;
}

TEST(NamedTags, EachRowIsFoundByItsItemUnderAnyLowByteOfTheGroup) {
  for (const NamedTag& tag : named_tags()) {
    for (const unsigned low : {0x00U, 0x01U, 0x0AU, 0xFFU}) {
      Item item;
      item.group = static_cast<std::uint16_t>(tag.group_high << 8U | low);
      item.element = tag.element;
      item.vr[0] = tag.vr[0];
      item.vr[1] = tag.vr[1];
      item.part = tag.part;
      EXPECT_EQ(name_of(item), &tag) << tag.name;
      item.part = 'X';
      EXPECT_EQ(name_of(item), nullptr);
      item.part = tag.part;
      item.vr[1] = 'X';
      EXPECT_EQ(name_of(item), nullptr);
    }
  }
}

TEST(NamedTags, HaveDistinctNamesAndKeys) {
  std::set<std::string_view> names;
  std::set<std::string_view> keys;
  for (const NamedTag& tag : named_tags()) {
    EXPECT_TRUE(names.insert(tag.name).second) << tag.name;
    EXPECT_TRUE(keys.insert(tag.key).second) << tag.key;
  }
  EXPECT_EQ(names.size(), 25U);
}

TEST(Values, AreNamedWithTheirNumbers) {
  const auto values = values_with({{0x0010, 0x0010, "PN", 'P', "O'CONNOR, Pat"},
                                   {0x3008, 0x0032, "DS", 'R', "83.2"},
                                   {0x300A, 0x0114, "SH", 'R', "6 MV FFF"},
                                   {0x300A, 0x011E, "DS", 'R', "-153.0"}});
  ASSERT_EQ(values.named.size(), 4U);
  EXPECT_THAT(find(values, "patient_name")->texts, ElementsAre("O'CONNOR, Pat"));
  EXPECT_EQ(find(values, "delivery_mu")->number, 83.2);
  EXPECT_EQ(find(values, "energy")->number, std::nullopt);
  EXPECT_EQ(find(values, "gantry")->number, -153.0);
  EXPECT_EQ(find(values, "gantry")->tag->unit, "deg");
  EXPECT_EQ(values.bytes_not_understood, 0U);
}

TEST(Values, EveryInterlockIsKept) {
  const auto values = values_with({{0x3001, 0x1016, "LO", 'R', "Settings Not Confirmed"},
                                   {0x3001, 0x1016, "LO", 'R', "Door"},
                                   {0x3001, 0x1018, "LO", 'R', "Key"}});
  EXPECT_THAT(find(values, "interlocks")->texts, ElementsAre("Settings Not Confirmed", "Door"));
  EXPECT_THAT(find(values, "previous_interlocks")->texts, ElementsAre("Key"));
}

TEST(Values, ALaterItemCarriesTheValueWhereTheFirstIsNotAvailable) {
  const auto values = values_with({{0x300A, 0x011E, "DS", 'R', "-32767"},
                                   {0x300A, 0x011E, "DS", 'R', "12.5"},
                                   {0x300A, 0x011E, "DS", 'R', "13.5"},
                                   {0x300A, 0x0114, "SH", 'R', "-32767"},
                                   {0x300A, 0x0114, "SH", 'R', "6 MV"}});
  EXPECT_EQ(find(values, "gantry")->number, 12.5);
  EXPECT_THAT(find(values, "gantry")->texts, ElementsAre("-32767", "12.5"));
  EXPECT_THAT(find(values, "energy")->texts, ElementsAre("-32767", "6 MV"));
  ASSERT_EQ(values.unknown.size(), 1U);  // one value too many: kept all the same
  EXPECT_EQ(values.unknown[0].value, "13.5");
}

TEST(Values, PositionsFollowTheirLabelPartByPart) {
  const auto values = values_with({{0x300A, 0x00B8, "DS", 'R', "ASYMX"},
                                   {0x300A, 0x011C, "DS", 'R', "-20.0"},
                                   {0x300A, 0x011C, "DS", 'R', "20.0"},
                                   {0x300A, 0x00B8, "DS", 'R', "MLCX"},
                                   {0x300A, 0x011C, "DS", 'R', "-32767"},
                                   {0x300A, 0x011C, "DS", 'R', "x"},
                                   {0x300A, 0x011C, "DS", 'R', "0.1"},
                                   {0x300A, 0x00B8, "DS", 'P', "MLCX"},
                                   {0x300A, 0x011C, "DS", 'P', "1.0"},
                                   {0x300A, 0x011C, "DS", 'S', "2.0"}});
  ASSERT_EQ(values.positions.size(), 3U);
  EXPECT_EQ(values.positions[0].label, "ASYMX");
  EXPECT_THAT(values.positions[0].centimetres, ElementsAre(-20.0, 20.0));
  EXPECT_THAT(values.positions[1].centimetres, ElementsAre(std::nullopt, std::nullopt, 0.1));
  EXPECT_EQ(values.positions[2].part, 'P');
  EXPECT_THAT(values.positions[2].centimetres, ElementsAre(1.0));
  ASSERT_EQ(values.unknown.size(), 1U);  // no block of its part is open
  EXPECT_EQ(values.unknown[0].part, 'S');
}

TEST(Values, UnknownItemsAreShownByTheirTag) {
  const auto values = values_with({{0x50F0, 0x0ABC, "LO", 'Q', "what"}});
  ASSERT_EQ(values.unknown.size(), 1U);
  EXPECT_EQ(values.unknown[0].tag_text(), "50F0,0ABC");
  EXPECT_EQ(values.unknown[0].vr, "LO");
  EXPECT_EQ(values.unknown[0].part, 'Q');
  EXPECT_EQ(values.unknown[0].value, "what");
}

TEST(Values, BytesOutsideItemsAreCounted) {
  FrameSpec spec;
  spec.opaque = "12345";
  spec.items = {{0x3008, 0x0032, "DS", 'R', "1"}};
  ByteVector frame = build_frame(spec);
  append(frame, as_bytes("tail"));
  EXPECT_EQ(values_of(frame).bytes_not_understood, 9U);
  EXPECT_EQ(values_of(Bytes(frame).first(32)).bytes_not_understood, 5U);
  EXPECT_EQ(values_of({}).bytes_not_understood, 0U);
}

TEST(Values, AFrameCutAnywhereIsReadAsFarAsItGoes) {
  FrameSpec spec;
  spec.items = test::typical_items(test::Patient{}, 5);
  const ByteVector frame = build_frame(spec);
  for (std::size_t size = 0; size <= frame.size(); ++size) {
    const Bytes cut = Bytes(frame).first(size);
    (void)values_of(cut);
    const FrameFacts facts = facts_of(cut);
    EXPECT_EQ(facts.patient_id.has_value(), size >= 27 + 12 + 13 + 12 + 6) << size;
  }
}

TEST(ParseNumber, TakesNumbersAndNothingElse) {
  EXPECT_EQ(parse_number("12.5"), 12.5);
  EXPECT_EQ(parse_number("-0.1"), -0.1);
  EXPECT_EQ(parse_number("+3"), 3.0);
  EXPECT_EQ(parse_number(" 3 "), 3.0);
  EXPECT_EQ(parse_number("1e2"), 100.0);
  for (const std::string_view text : {"", " ", "abc", "1x", "1 2", "nan", "inf", "-inf", "+-1",
                                      "0x10", "-32767", "32767", "32767.0", "1e999", "--1"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(Facts, AreThoseOfTheFrame) {
  FrameSpec spec;
  spec.items = test::typical_items(test::Patient{}, 5);
  const ByteVector frame = build_frame(spec);
  const FrameFacts facts = facts_of(frame);
  EXPECT_EQ(facts.patient_id, "100234");
  EXPECT_EQ(facts.patient_name, "BANKSIA, Rose");
  EXPECT_EQ(facts.field_id, "1-1");
  EXPECT_EQ(facts.machine_id, "4299");
  EXPECT_EQ(facts.delivery_mu, 3.5);
  EXPECT_TRUE(facts.has_items);
  EXPECT_TRUE(facts.items_end_exactly);
}

TEST(Facts, NameEveryInterlockThatIsOn) {
  FrameSpec spec;
  spec.items = {{0x3001, 0x1016, "LO", 'R', "Touchguard"},
                {0x3001, 0x1016, "LO", 'R', ""},
                {0x3001, 0x1016, "LO", 'R', "Door Interlock"},
                {0x3001, 0x1018, "LO", 'R', "Previous One"}};
  const ByteVector frame = build_frame(spec);
  const FrameFacts facts = facts_of(frame);
  EXPECT_EQ(facts.interlocks, (std::vector<std::string_view>{"Touchguard", "Door Interlock"}));
}

TEST(Facts, TellAnAbsentPatientFromAnEmptyOne) {
  FrameSpec spec;
  spec.items = test::typical_items(std::nullopt, 5);
  EXPECT_EQ(facts_of(build_frame(spec)).patient_id, std::nullopt);
  EXPECT_FALSE(seems_to_have_patient(build_frame(spec)));
  spec.items = test::typical_items(test::Patient{"", ""}, 5);
  EXPECT_EQ(facts_of(build_frame(spec)).patient_id, "");
  EXPECT_TRUE(seems_to_have_patient(build_frame(spec)));
}

TEST(Facts, AnItemOfAnotherGroupIsNoPatient) {
  FrameSpec spec;
  spec.items = {{0x3010, 0x0020, "LO", 'P', "100234"}};
  EXPECT_FALSE(seems_to_have_patient(build_frame(spec)));
  EXPECT_EQ(facts_of(build_frame(spec)).patient_id, std::nullopt);
  spec.items.push_back({0x0010, 0x0020, "LO", 'P', "100234"});
  EXPECT_TRUE(seems_to_have_patient(build_frame(spec)));
  EXPECT_EQ(facts_of(build_frame(spec)).patient_id, "100234");
}

TEST(Facts, TakeIdsOfEveryLengthAndLetter) {
  for (std::size_t size = 0; size <= 300; ++size) {
    for (const char letter : {'7', '\n', '\0', '/', '\xC4', '\xFF', '"'}) {
      const std::string id(size, letter);
      FrameSpec spec;
      spec.items = test::typical_items(test::Patient{id, "../" + id}, 5);
      const ByteVector frame = build_frame(spec);
      const FrameFacts facts = facts_of(frame);
      ASSERT_EQ(facts.patient_id, id);
      ASSERT_EQ(facts.patient_name, "../" + id);
    }
  }
}

TEST(Facts, DeliveryMuSkipsSentinels) {
  FrameSpec spec;
  spec.items = {{0x3008, 0x0032, "DS", 'R', "-32767"}};
  EXPECT_EQ(facts_of(build_frame(spec)).delivery_mu, std::nullopt);
  EXPECT_EQ(quick_delivery_mu(build_frame(spec)), std::nullopt);
  spec.items.push_back({0x3008, 0x0032, "DS", 'R', "4.5"});
  spec.items.push_back({0x3008, 0x0032, "DS", 'R', "5.5"});
  EXPECT_EQ(facts_of(build_frame(spec)).delivery_mu, 4.5);
  EXPECT_EQ(quick_delivery_mu(build_frame(spec)), 4.5);
}

TEST(Facts, QuickDeliveryMuOfEveryTruncationIsThatOfTheItemOrNone) {
  FrameSpec spec;
  spec.items = test::typical_items(test::Patient{}, 5);
  const ByteVector frame = build_frame(spec);
  ASSERT_EQ(quick_delivery_mu(frame), 3.5);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    const auto mu = quick_delivery_mu(Bytes(frame).first(size));
    EXPECT_TRUE(!mu || mu == 3.5) << size;
  }
}

TEST(Facts, QuickMachineIdOfEveryTruncationIsThatOfTheItemOrNone) {
  FrameSpec spec;
  spec.items = test::typical_items(test::Patient{}, 5);
  const ByteVector frame = build_frame(spec);
  ASSERT_EQ(quick_machine_id(frame), "4299");
  ASSERT_EQ(quick_machine_id(frame), facts_of(frame).machine_id);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    const auto id = quick_machine_id(Bytes(frame).first(size));
    EXPECT_TRUE(!id || id == "4299") << size;
  }
}

TEST(Facts, AreFoundBehindOpaqueBytes) {
  FrameSpec spec;
  spec.opaque = "\x01\x02PN";
  spec.items = test::typical_items(test::Patient{}, 5);
  const ByteVector frame = build_frame(spec);
  const FrameFacts facts = facts_of(frame);
  EXPECT_EQ(facts.patient_id, "100234");
  EXPECT_TRUE(facts.items_end_exactly);
}

TEST(Facts, OfAFrameWithoutItemsAreNone) {
  const FrameFacts facts = facts_of(build_frame({}));
  EXPECT_FALSE(facts.has_items);
  EXPECT_FALSE(facts.items_end_exactly);
  EXPECT_EQ(facts.patient_id, std::nullopt);
}

TEST(Facts, OfTheSampleGiveItsRecords) {
  const auto sample = test::load_sample();
  std::vector<std::pair<std::string, double>> records;
  std::optional<DeliveredMu> open;
  std::string patient;
  for (const Bytes frame : test::split_by_length(sample)) {
    const FrameFacts facts = facts_of(frame);
    ASSERT_TRUE(facts.items_end_exactly);
    ASSERT_EQ(seems_to_have_patient(frame), facts.patient_id.has_value());
    ASSERT_EQ(quick_delivery_mu(frame), facts.delivery_mu);
    if (!facts.patient_id && open) {
      records.emplace_back(patient, open->total());
      open.reset();
    }
    if (facts.patient_id) {
      patient = *facts.patient_id;
      open = open ? open : DeliveredMu{};
      open->add(facts.delivery_mu);
    }
  }
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].first, "100234");
  EXPECT_NEAR(records[0].second, 139.4, 1e-9);
  EXPECT_EQ(records[1].first, "100777");
  EXPECT_NEAR(records[1].second, 138.9, 1e-9);
  EXPECT_EQ(records[2].first, "WLutz");
  EXPECT_NEAR(records[2].second, 140.7, 1e-9);
}

}  // namespace
}  // namespace icom
