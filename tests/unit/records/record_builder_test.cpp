#include "gateway/records/record_builder.hpp"

#include <gtest/gtest.h>

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
  };
  void frame(const Frame& given) {
    FrameFacts facts;
    facts.patient_id = given.id;
    facts.patient_name = given.name;
    facts.delivery_mu = given.mu;
    facts.field_id = given.field;
    facts.interlocks = given.interlocks;
    ++n_;
    if (auto record = builder_.add({{1, n_ / 4, n_ % 4, n_}, facts, given.gap})) {
      closed.push_back(std::move(*record));
    }
  }
  [[nodiscard]] const Record* open() const { return builder_.open(); }
  std::vector<Record> closed;

 private:
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
  EXPECT_EQ(record.interlocks[0], (Interlock{"Settings Not Confirmed", 0, 2, 9}));
  EXPECT_EQ(record.interlocks[1], (Interlock{"Touchguard", 2, 2, 1}));
}

TEST(RecordBuilderTest, InterlocksAreBounded) {
  Feeder feeder;
  for (int n = 0; n < 300; ++n) {
    const std::string text = "Interlock " + std::to_string(n);
    feeder.frame({.id = "1", .mu = n, .interlocks = {text}});
  }
  EXPECT_EQ(feeder.open()->interlocks.size(), kMaxInterlocks);
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

}  // namespace
}  // namespace icom::records
