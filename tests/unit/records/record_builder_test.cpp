#include "gateway/records/record_builder.hpp"

#include <gtest/gtest.h>

#include "tests/unit/icom/frame_builder.hpp"

namespace icom::records {
namespace {

// Feeds a builder with frames, four a second.
class Feeder {
 public:
  struct Frame {
    std::optional<std::string_view> id = std::nullopt;
    std::optional<std::string_view> name = std::nullopt;
    std::optional<double> mu = std::nullopt;
    std::optional<std::string_view> field = std::nullopt;
    bool gap = false;
    std::vector<std::string_view> interlocks = {};
    bool unread = false;
  };
  void frame(const Frame& given) {
    FrameFacts facts;
    facts.patient_id = given.id;
    facts.patient_name = given.name;
    facts.delivery_mu = given.mu;
    facts.field_id = given.field;
    facts.interlocks = given.interlocks;
    facts.patient_unread = given.unread;
    add(facts, given.gap);
  }
  void bytes(Bytes bytes) { add(facts_of(bytes), false); }
  [[nodiscard]] const Record* open() const { return builder_.open(); }
  std::vector<Record> closed;

 private:
  void add(const FrameFacts& facts, bool gap) {
    ++n_;
    if (auto record = builder_.add({{1, n_ / 4, n_ % 4, n_}, facts, gap})) {
      closed.push_back(std::move(*record));
    }
  }

  RecordBuilder builder_;
  std::int64_t n_ = 0;
};

TEST(RecordBuilderTest, BeginsWithTheFirstFrameWithAPatientAndEndsWithTheFirstWithout) {
  Feeder feeder;
  feeder.frame({});
  feeder.frame({.id = "1", .name = "A", .mu = 0});
  feeder.frame({.id = "1", .name = "A", .mu = 5});
  EXPECT_NE(feeder.open(), nullptr);
  feeder.frame({});
  EXPECT_EQ(feeder.open(), nullptr);
  ASSERT_EQ(feeder.closed.size(), 1U);
  const Record& record = feeder.closed[0];
  EXPECT_EQ(record.frames, 2);
  EXPECT_EQ(record.first.arrival, 2);
  EXPECT_EQ(record.last.arrival, 3);
  EXPECT_EQ(record.next->arrival, 4);
  EXPECT_DOUBLE_EQ(record.delivered_mu, 5);
  EXPECT_TRUE(record.kept);
  EXPECT_TRUE(record.complete());
}

TEST(RecordBuilderTest, AChangeOfPatientWithoutAGapSplits) {
  Feeder feeder;
  feeder.frame({.id = "1", .mu = 0});
  feeder.frame({.id = "1", .mu = 5});
  feeder.frame({.id = "2", .mu = 0});
  feeder.frame({.id = "2", .mu = 7});
  feeder.frame({});
  ASSERT_EQ(feeder.closed.size(), 2U);
  EXPECT_EQ(feeder.closed[0].patient_id, "1");
  EXPECT_EQ(feeder.closed[1].patient_id, "2");
  EXPECT_DOUBLE_EQ(feeder.closed[0].delivered_mu, 5);
  EXPECT_DOUBLE_EQ(feeder.closed[1].delivered_mu, 7);
}

TEST(RecordBuilderTest, WithoutDeliveredMuItIsNotKept) {
  Feeder feeder;
  feeder.frame({.id = "1", .mu = 3});
  feeder.frame({.id = "1", .mu = 3});
  feeder.frame({});
  ASSERT_EQ(feeder.closed.size(), 1U);
  EXPECT_FALSE(feeder.closed[0].kept);
  EXPECT_EQ(feeder.closed[0].delivered_mu, 0);
}

TEST(RecordBuilderTest, WithoutAnyReadableMuItIsKept) {
  Feeder feeder;
  feeder.frame({.id = "1"});
  feeder.frame({});
  EXPECT_TRUE(feeder.closed.at(0).kept);
}

TEST(RecordBuilderTest, TheNameIsTheFirstOneFound) {
  Feeder feeder;
  feeder.frame({.id = "1", .mu = 0});
  feeder.frame({.id = "1", .name = "", .mu = 0});
  feeder.frame({.id = "1", .name = "FIRST", .mu = 1});
  feeder.frame({.id = "1", .name = "SECOND", .mu = 2});
  feeder.frame({});
  EXPECT_EQ(feeder.closed.at(0).patient_name, "FIRST");
}

TEST(RecordBuilderTest, AnEmptyPatientIdWithoutANameIsNoPatient) {
  Feeder feeder;
  feeder.frame({.id = "", .mu = 0});
  feeder.frame({.id = "", .name = "", .mu = 5});
  EXPECT_EQ(feeder.open(), nullptr);
  feeder.frame({.id = "", .name = "EMERGENCY", .mu = 6});
  EXPECT_NE(feeder.open(), nullptr);
}

TEST(RecordBuilderTest, BeamsSplitAtFieldChangesAndWhereMuFallBack) {
  Feeder feeder;
  for (const double mu : {0.0, 10.0, 20.0}) feeder.frame({.id = "1", .mu = mu, .field = "1-1"});
  for (const double mu : {0.0, 15.0}) feeder.frame({.id = "1", .mu = mu, .field = "1-1"});
  for (const double mu : {0.0, 30.0}) feeder.frame({.id = "1", .mu = mu, .field = "1-2"});
  feeder.frame({});
  const Record& record = feeder.closed.at(0);
  ASSERT_EQ(record.beams.size(), 3U);
  EXPECT_DOUBLE_EQ(record.beams[0].delivered_mu, 20);
  EXPECT_EQ(record.beams[0].frames, 3);
  EXPECT_DOUBLE_EQ(record.beams[1].delivered_mu, 15);
  EXPECT_EQ(record.beams[2].field_id, "1-2");
  EXPECT_DOUBLE_EQ(record.beams[2].delivered_mu, 30);
  EXPECT_DOUBLE_EQ(record.delivered_mu, 65);
}

TEST(RecordBuilderTest, InterlocksAreToldWithTheTimeThatTheyWereOn) {
  Feeder feeder;
  feeder.frame({.interlocks = {"Before The Patient"}});
  for (int n = 0; n < 8; ++n) {
    feeder.frame({.id = "1", .mu = n, .interlocks = {"Settings Not Confirmed"}});
  }
  feeder.frame({.id = "1", .mu = 9});
  feeder.frame(
      {.id = "1", .mu = 9, .interlocks = {"Touchguard", "Settings Not Confirmed", "Touchguard"}});
  feeder.frame({});
  const Record& record = feeder.closed.at(0);
  ASSERT_EQ(record.interlocks.size(), 2U);
  EXPECT_EQ(record.interlocks[0], (Interlock{"Settings Not Confirmed", 0, 2, 9, 1, 1}));
  EXPECT_EQ(record.interlocks[1], (Interlock{"Touchguard", 2, 2, 1, 1, 1}));
}

TEST(RecordBuilderTest, InterlocksAreBounded) {
  Feeder feeder;
  for (int n = 0; n < 300; ++n) {
    const std::string text = "Interlock " + std::to_string(n);
    feeder.frame({.id = "1", .mu = n, .interlocks = {text}});
  }
  EXPECT_EQ(feeder.open()->interlocks.size(), kMaxInterlocks);
}

// With a comparison of each text with each, this would take the better part of an hour.
TEST(RecordBuilderTest, AClosedRecordListsNoMoreInterlocksThanItHasFramesAndCountsTheOthers) {
  Feeder feeder;
  std::vector<std::string> texts;
  for (int n = 0; n < 50; ++n) {
    texts.push_back("Interlock " + std::to_string(n));
  }
  for (int n = 0; n < 3; ++n) {
    feeder.frame({.id = "1", .mu = n, .interlocks = {texts.begin(), texts.end()}});
  }
  feeder.frame({});
  const Record& record = feeder.closed.at(0);
  ASSERT_EQ(record.interlocks.size(), 3U);
  EXPECT_EQ(record.interlocks.back().text, "Interlock 2");
  EXPECT_EQ(record.interlocks.back().frames, 3);
  EXPECT_EQ(record.interlocks_left_out, 47);
}

TEST(RecordBuilderTest, MuThatAreNoneMakeNoBeamAndNoInfiniteSum) {
  Feeder feeder;
  for (const double mu : {1.0, -1e308, 1e308, 2.0, 1e308, -1e308, 3.0}) {
    feeder.frame({.id = "1", .mu = mu});
  }
  feeder.frame({});
  const Record& record = feeder.closed.at(0);
  EXPECT_DOUBLE_EQ(record.delivered_mu, 2);
  EXPECT_TRUE(record.kept);
  ASSERT_EQ(record.beams.size(), 1U);
  EXPECT_DOUBLE_EQ(record.beams[0].delivered_mu, 2);
}

TEST(RecordBuilderTest, AMillionInterlocksInAFrameCostOneLookupEach) {
  constexpr std::size_t kTexts = 1'000'000;
  std::vector<std::string> texts;
  for (std::size_t n = 0; n < kTexts; ++n) {
    texts.push_back("Interlock " + std::to_string(n));
  }
  Feeder feeder;
  for (int n = 0; n < 3; ++n) {
    feeder.frame({.id = "1", .mu = n, .interlocks = {texts.begin(), texts.end()}});
  }
  const std::vector<Interlock>& interlocks = feeder.open()->interlocks;
  ASSERT_EQ(interlocks.size(), kMaxInterlocks);
  EXPECT_EQ(interlocks.back().text, "Interlock 99");
  EXPECT_EQ(interlocks.back().frames, 3);
}

TEST(RecordBuilderTest, TextsOfARecordAreBounded) {
  const std::string endless(1U << 20U, 'x');
  const std::string other = endless + "y";
  Feeder feeder;
  feeder.frame(
      {.id = endless, .name = other, .mu = 1, .field = endless, .interlocks = {endless, other}});
  feeder.frame({.id = endless, .mu = 2, .field = other, .interlocks = {other}});
  const std::string kept(kMaxTextBytes, 'x');
  ASSERT_NE(feeder.open(), nullptr);
  EXPECT_EQ(feeder.open()->frames, 2);
  EXPECT_LE(feeder.open()->patient_id.size(), kMaxTextBytes);
  EXPECT_EQ(feeder.open()->patient_name, kept);
  ASSERT_EQ(feeder.open()->beams.size(), 1U);
  EXPECT_EQ(feeder.open()->beams[0].field_id, kept);
  ASSERT_EQ(feeder.open()->interlocks.size(), 1U);
  EXPECT_EQ(feeder.open()->interlocks[0].text, kept);
  EXPECT_EQ(feeder.open()->interlocks[0].frames, 2);
}

TEST(RecordBuilderTest, PatientsWhoseLongIdsDifferAtTheEndStayTwo) {
  const std::string endless(1U << 20U, 'x');
  const std::string other = endless + "y";
  Feeder feeder;
  feeder.frame({.id = endless, .mu = 1});
  feeder.frame({.id = other, .mu = 2});
  feeder.frame({});
  ASSERT_EQ(feeder.closed.size(), 2U);
  EXPECT_NE(feeder.closed[0].patient_id, feeder.closed[1].patient_id);
}

TEST(RecordTextTest, IsCutBetweenTwoCharacters) {
  for (const std::string_view letter : {"x", "\u00E9", "\u20AC", "\U0001F642"}) {
    for (std::size_t before = 0; before < letter.size(); ++before) {
      std::string text(before, 'a');
      while (text.size() < kMaxTextBytes + 8) {
        text += letter;
      }
      const std::string_view cut = cut_text(text);
      EXPECT_EQ(cut, text.substr(0, cut.size()));
      EXPECT_EQ((cut.size() - before) % letter.size(), 0U);
      EXPECT_LE(cut.size(), kMaxTextBytes);
      EXPECT_GT(cut.size() + letter.size(), kMaxTextBytes);
    }
  }
}

TEST(RecordTextTest, WhatIsNoUtf8IsCutAtTheBound) {
  EXPECT_EQ(cut_text(std::string(1'000, '\xE9')).size(), kMaxTextBytes);
  EXPECT_EQ(cut_text(std::string(1'000, '\x80')).size(), kMaxTextBytes);
}

TEST(RecordTextTest, ShortTextsStayAsTheyAre) {
  const std::string longest = std::string(kMaxTextBytes - 1, 'x') + "\xE9";
  EXPECT_EQ(cut_text(longest), longest);
  EXPECT_EQ(record_patient_id(longest), longest);
  EXPECT_EQ(record_patient_id(""), "");
}

TEST(RecordTextTest, ALongPatientIdThatIsCutOnceIsNotCutAgain) {
  const std::string id(1'000, 'x');
  const std::string once = record_patient_id(id);
  EXPECT_EQ(once.size(), kMaxTextBytes);
  EXPECT_EQ(record_patient_id(once), once);
}

TEST(RecordBuilderTest, AGapInsideOrAtAnEndMakesItIncomplete) {
  for (const int at : {0, 1, 2, 3}) {
    Feeder feeder;
    feeder.frame({.id = "0"});
    feeder.frame({.gap = at == 3});
    feeder.frame({.id = "1", .mu = 0, .gap = at == 0});
    feeder.frame({.id = "1", .mu = 9, .gap = at == 1});
    feeder.frame({.gap = at == 2});
    ASSERT_EQ(feeder.closed.size(), 2U);
    EXPECT_EQ(feeder.closed[1].complete(), at == 3) << at;
    EXPECT_EQ(feeder.closed[0].complete(), at != 3) << at;
  }
}

TEST(RecordBuilderTest, AFrameWhosePatientCannotBeReadEndsNoRecord) {
  Feeder feeder;
  feeder.frame({.id = "1", .name = "A", .mu = 1, .field = "1-1"});
  feeder.frame({.mu = 5, .unread = true});
  feeder.frame({.id = "1", .name = "A", .mu = 8, .field = "1-1"});
  feeder.frame({.mu = 9, .unread = true});
  feeder.frame({});
  ASSERT_EQ(feeder.closed.size(), 1U);
  const Record& record = feeder.closed[0];
  EXPECT_EQ(record.frames, 4);
  EXPECT_EQ(record.last.arrival, 4);
  EXPECT_DOUBLE_EQ(record.delivered_mu, 8);
  EXPECT_EQ(record.beams.size(), 1U);
  EXPECT_EQ(record.gaps, 2);
  EXPECT_FALSE(record.complete());
}

TEST(RecordBuilderTest, FramesWhosePatientCannotBeReadMakeARecordOfNobody) {
  Feeder feeder;
  feeder.frame({});
  feeder.frame({.name = "A", .mu = 1, .unread = true});
  feeder.frame({.name = "A", .mu = 5, .unread = true});
  feeder.frame({.id = "1", .mu = 0});
  ASSERT_EQ(feeder.closed.size(), 1U);
  EXPECT_EQ(feeder.closed[0].patient_id, "");
  EXPECT_EQ(feeder.closed[0].patient_name, "A");
  EXPECT_DOUBLE_EQ(feeder.closed[0].delivered_mu, 4);
  EXPECT_TRUE(feeder.closed[0].kept);
  EXPECT_FALSE(feeder.closed[0].complete());
  ASSERT_NE(feeder.open(), nullptr);
  EXPECT_EQ(feeder.open()->patient_id, "1");
}

/// Message `n` of a beam of 62.3 MU, with `odd` before its item `at`.
ByteVector beam_message(unsigned n, const std::string& odd, std::size_t at) {
  test::FrameSpec spec;
  const auto items = test::typical_items(
      n >= 5 && n < 95 ? std::optional<test::Patient>(test::Patient{}) : std::nullopt,
      n < 5 ? 0 : n - 5);
  ByteVector bytes;
  for (std::size_t i = 0; i <= items.size(); ++i) {
    if (i == std::min(at, items.size())) append(bytes, as_bytes(odd));
    if (i < items.size()) test::append_item(bytes, items[i]);
  }
  spec.opaque = as_text(bytes);
  return test::build_frame(spec);
}

TEST(RecordBuilderTest, BytesThatAreNoItemInEveryFrameOrInOneCostNothing) {
  using namespace std::string_literals;
  for (const std::string& odd :
       {"\x01\x30\x17\x10un\0P\4\0\0\0abcd"s, "\x01\x30\x17\x10UN\0\0\4\0\0\0abcd"s,
        "\x01\x30\x17\x10U1\0P\4\0\0\0abcd"s, "\0"s, std::string(30, '\xEE'),
        "\x01\x30\x17\x10UN\0P\4\0\0\1abcd"s}) {
    for (std::size_t at = 0; at <= 33; ++at) {
      for (const unsigned every : {1U, 1000U}) {
        Feeder feeder;
        for (unsigned n = 0; n < 100; ++n) {
          feeder.bytes(beam_message(n, n % every == 60 % every ? odd : "", at));
        }
        ASSERT_EQ(feeder.closed.size(), 1U) << testing::PrintToString(odd) << " before " << at;
        const Record& record = feeder.closed[0];
        ASSERT_EQ(record.frames, 90);
        ASSERT_NEAR(record.delivered_mu, 62.3, 1e-9);
        ASSERT_TRUE(record.complete());
        ASSERT_EQ(record.beams.size(), 1U);
      }
    }
  }
}

}  // namespace
}  // namespace icom::records
