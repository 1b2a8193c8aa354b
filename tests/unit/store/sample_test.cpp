// The recorded morning through the store: what must come out of it is known.
#include "tests/data/sample.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

class SampleTest : public test::StoreFixture {
 protected:
  void SetUp() override {
    const ByteVector stream = test::load_sample();
    for (const Bytes frame : test::split_by_length(stream)) {
      sample_.emplace_back(frame.begin(), frame.end());
    }
    open();
  }

  void feed_in_batches(std::uint64_t run, std::size_t size) {
    test::Feed from = feed(run);
    for (std::size_t at = 0; at < sample_.size(); at += size) {
      for (std::size_t i = at; i < std::min(at + size, sample_.size()); ++i) {
        from.frame(sample_[i]);
      }
      ASSERT_TRUE(commit(from.batch()));
    }
  }

  void expect_the_three_records() const {
    const auto found = StoreReader(folder()).records({});
    ASSERT_EQ(found.size(), 3U);
    const std::vector<std::pair<std::string, double>> expected{
        {"100234", 139.4}, {"100777", 138.9}, {"WLutz", 140.7}};
    for (std::size_t i = 0; i < 3; ++i) {
      const records::Record& record = found[i].stored.record;
      EXPECT_EQ(record.patient_id, expected[i].first);
      EXPECT_NEAR(record.delivered_mu, expected[i].second, 1e-6);
      EXPECT_EQ(record.frames, 160);
      EXPECT_TRUE(record.complete());
      EXPECT_EQ(found[i].stored.revision, 1);
    }
    EXPECT_EQ(found[1].stored.record.patient_name, "O'CONNOR, Pat");
    EXPECT_EQ(linac_time_text(found[2].stored.record.first.time), "2026-03-0208:01:38");
  }

  std::vector<ByteVector> sample_;
};

TEST_F(SampleTest, GivesItsFramesAndRecords) {
  feed_in_batches(1, 576);
  EXPECT_TRUE(test::same_frames(stored(), sample_));
  expect_the_three_records();
  EXPECT_EQ(ledger().counts.stored, 576);
  EXPECT_EQ(ledger().gaps, 0);
}

TEST_F(SampleTest, TakesASixtiethOfItsBytesOnDiskOnceTheStoreIsClosed) {
  feed_in_batches(1, 20);
  store_.reset();
  std::size_t raw = 0;
  for (const ByteVector& frame : sample_) {
    raw += frame.size();
  }
  std::size_t on_disk = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder())) {
    on_disk += file.file_size();
  }
  EXPECT_LE(60 * on_disk, raw);
}

TEST_F(SampleTest, TwiceGives576DuplicatesAndTheSameRecords) {
  feed_in_batches(1, 100);
  feed_in_batches(2, 61);
  EXPECT_TRUE(test::same_frames(stored(), sample_));
  expect_the_three_records();
  EXPECT_EQ(ledger().counts.duplicates, 576);
}

TEST_F(SampleTest, BatchSizesMakeNoDifference) {
  for (const std::size_t size : {1U, 2U, 3U, 7U, 255U, 256U, 257U}) {
    store_.reset();
    std::filesystem::remove_all(folder());
    open();
    feed_in_batches(1, size);
    ASSERT_TRUE(test::same_frames(stored(), sample_)) << size;
    expect_the_three_records();
  }
}

TEST_F(SampleTest, AMissedPartThatComesLateCompletesTheRecords) {
  // The middle of the first record and the border of the second are missed, and come in a second
  // run.
  std::vector<ByteVector> first;
  std::vector<ByteVector> late;
  for (std::size_t i = 0; i < sample_.size(); ++i) {
    const bool missed = (i >= 60 && i < 90) || (i >= 200 && i < 220);
    (missed ? late : first).push_back(sample_[i]);
  }
  store_all(first);
  auto before = StoreReader(folder()).records({});
  ASSERT_EQ(before.size(), 3U);
  EXPECT_FALSE(before[0].stored.record.complete());
  store_all(late);
  EXPECT_TRUE(test::same_frames(stored(), sample_));
  const auto after = StoreReader(folder()).records({});
  ASSERT_EQ(after.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(after[i].stored.id, before[i].stored.id);
    EXPECT_EQ(after[i].stored.record.frames, 160);
    EXPECT_TRUE(after[i].stored.record.complete());
  }
  EXPECT_EQ(after[0].stored.revision, 2);
  EXPECT_EQ(after[2].stored.revision, 1);
}

}  // namespace
}  // namespace icom::store
