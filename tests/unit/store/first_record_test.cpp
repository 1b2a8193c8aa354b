// The first record of a Linac that was put into service while a patient was treated.
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

using test::messages;
using test::operator+;

class FirstRecordTest : public test::StoreFixture {
 protected:
  // Without a gap: the frames of a record, and one after it. MU rise from message 0 on.
  static std::vector<ByteVector> treatment(unsigned from, unsigned to) {
    return messages(from, to, test::Patient{}) + messages(to, to + 1);
  }
  [[nodiscard]] std::int64_t gaps_of_first_record() const {
    return records().at(0).stored.record.gaps;
  }
};

TEST_F(FirstRecordTest, ThatBeginsWithMuDeliveredIsNotComplete) {
  store_all(treatment(10, 20));
  ASSERT_EQ(records().size(), 1U);
  EXPECT_EQ(gaps_of_first_record(), 1);
  EXPECT_FALSE(records()[0].stored.record.complete());
  EXPECT_TRUE(gaps().empty());  // nobody knows of a frame that is missing
}

TEST_F(FirstRecordTest, ThatBeginsBeforeItsFirstMuIsComplete) {
  store_all(treatment(0, 20));
  ASSERT_EQ(records().size(), 1U);
  EXPECT_TRUE(records()[0].stored.record.complete());
}

TEST_F(FirstRecordTest, LacksNothingOnceItsBeginningCameLate) {
  store_all(treatment(10, 20));
  store_all(messages(0, 10, test::Patient{}));
  ASSERT_EQ(records().size(), 1U);
  EXPECT_EQ(records()[0].stored.record.frames, 20);
  EXPECT_TRUE(records()[0].stored.record.complete());
}

TEST_F(FirstRecordTest, LacksItsBeginningHoweverItIsBuiltAgain) {
  const std::vector<ByteVector> all = messages(10, 20, test::Patient{});
  store_all({all.begin(), all.begin() + 4});
  reopen();  // the open record is read from its frames
  EXPECT_EQ(gaps_of_first_record(), 1);
  store_all({all.begin() + 6, all.end()});
  store_all({all.begin() + 4, all.begin() + 6});  // late ones
  EXPECT_EQ(gaps_of_first_record(), 1);
  // In conflict with the first frame, which is the Linac's first all the same.
  test::FrameSpec spec;
  spec.time = test::time_after(10 / 4);
  spec.counter = 10;
  spec.items = test::typical_items(test::Patient{}, 11);
  store_all({test::build_frame(spec)});
  EXPECT_EQ(records().at(0).stored.record.frames, 11);
  EXPECT_EQ(gaps_of_first_record(), 1);
  store_all(messages(20, 21));
  EXPECT_FALSE(records().at(0).stored.record.complete());
}

TEST_F(FirstRecordTest, TheNextPatientsIsNotTouched) {
  store_all(treatment(10, 20) + messages(21, 30, test::Patient{"2", "B"}) + messages(30, 31));
  ASSERT_EQ(records().size(), 2U);
  EXPECT_FALSE(records()[0].stored.record.complete());
  EXPECT_TRUE(records()[1].stored.record.complete());
}

}  // namespace
}  // namespace icom::store
