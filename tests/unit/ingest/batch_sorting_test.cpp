#include "gateway/ingest/batch_sorting.hpp"

#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

using testing::HasSubstr;

class BatchSortingTest : public testing::Test {
 protected:
  void add(std::uint32_t number, std::uint64_t run, std::uint64_t seq, EntryKind kind,
           const ByteVector& bytes) {
    link::LinkEntry& entry = batch_.entries.emplace_back();
    entry.linac = number;
    entry.kind = kind;
    entry.run = run;
    entry.seq = seq;
    entry.received_us = static_cast<std::int64_t>(seq) * 250'000;
    sizes_.push_back(bytes.size());
    append(batch_.arena, bytes);
  }
  std::variant<std::vector<SortedBatch>, link::Refused> sort() {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      batch_.entries[i].bytes = Bytes(batch_.arena).subspan(begin, sizes_[i]);
      begin += sizes_[i];
    }
    sizes_.clear();
    return sort_batch(std::exchange(batch_, {}), linacs_);
  }
  std::vector<SortedBatch> sorted() { return std::get<std::vector<SortedBatch>>(sort()); }
  link::Refused refused() { return std::get<link::Refused>(sort()); }

  static ByteVector bytes_of(std::string_view text) {
    const Bytes bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
  }

  AcceptedLinacs linacs_{{1, {"4299", k4299}}, {2, {"9183", k9183}}};
  link::DecodedBatch batch_;
  std::vector<std::size_t> sizes_;
};

TEST_F(BatchSortingTest, FramesGetTheirIdentityAndFacts) {
  const ByteVector frame = example_frame(8);
  add(1, 77, 8, EntryKind::frame, frame);
  const std::vector<SortedBatch> batches = sorted();
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].incoming.linac, k4299);
  const store::IncomingEntry& entry = batches[0].incoming.entries.at(0);
  EXPECT_EQ(entry.kind, EntryKind::frame);
  EXPECT_EQ(entry.run, 77U);
  EXPECT_EQ(entry.seq, 8U);
  EXPECT_EQ(entry.received_us, 2'000'000);
  EXPECT_EQ(as_text(entry.bytes), as_text(frame));
  EXPECT_EQ(entry.identity, identify(frame).value());
  EXPECT_EQ(entry.facts.patient_id, "100234");
}

TEST_F(BatchSortingTest, EachLinacsEntriesKeepTheirOrderAndTheirBytes) {
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    add(1, 77, seq, EntryKind::frame, example_frame(seq));
    add(2, 88, 100 + seq, EntryKind::junk, bytes_of("junk " + std::to_string(seq)));
  }
  std::vector<SortedBatch> batches = sorted();
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].number, 1U);
  EXPECT_EQ(batches[0].run, 77U);
  EXPECT_EQ(batches[0].seq, 20U);
  EXPECT_EQ(batches[1].incoming.linac, k9183);
  EXPECT_EQ(batches[1].seq, 120U);
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(as_text(batches[0].incoming.entries[i].bytes), as_text(example_frame(i + 1)));
    EXPECT_EQ(as_text(batches[1].incoming.entries[i].bytes), "junk " + std::to_string(i + 1));
  }
}

TEST_F(BatchSortingTest, BytesLiveAsLongAsTheLinacsOwnBatch) {
  add(1, 77, 1, EntryKind::junk, bytes_of("of 4299"));
  add(2, 88, 1, EntryKind::junk, bytes_of("of 9183"));
  std::vector<SortedBatch> batches = sorted();
  const store::IncomingBatch second = std::move(batches[1].incoming);
  batches.clear();
  EXPECT_EQ(as_text(second.entries[0].bytes), "of 9183");
}

TEST_F(BatchSortingTest, FrameWithoutAnIdentityIsKeptAsJunk) {
  const std::string whole(as_text(example_frame(1)));
  std::uint64_t seq = 0;
  for (const std::string& bytes : {std::string(), std::string("no date here"), whole.substr(0, 26),
                                   whole.substr(1), std::string(70'000, '\0')}) {
    add(1, 77, ++seq, EntryKind::frame, bytes_of(bytes));
    const std::vector<SortedBatch> batches = sorted();
    EXPECT_EQ(batches[0].incoming.entries[0].kind, EntryKind::junk);
    EXPECT_EQ(as_text(batches[0].incoming.entries[0].bytes), bytes);
  }
}

TEST_F(BatchSortingTest, EntryOfALinacThatWasNotAcceptedRefusesTheWholeBatch) {
  add(1, 77, 1, EntryKind::frame, example_frame(1));
  add(3, 77, 1, EntryKind::frame, example_frame(1));
  EXPECT_EQ(refused().code(), link::Refused::NOT_YOUR_LINAC);
  EXPECT_EQ(linacs_.at(1).received.last_of(77), 0U);
}

TEST_F(BatchSortingTest, PositionsThatGoBackOrStandStillAreRefused) {
  for (const std::uint64_t next : {5U, 4U, 1U}) {
    add(1, 77, 5, EntryKind::frame, example_frame(5));
    add(1, 77, next, EntryKind::frame, example_frame(next));
    EXPECT_EQ(refused().code(), link::Refused::MALFORMED);
  }
}

TEST_F(BatchSortingTest, PositionsAreFollowedFromBatchToBatch) {
  add(1, 77, 5, EntryKind::frame, example_frame(5));
  EXPECT_EQ(sorted().size(), 1U);
  add(1, 77, 5, EntryKind::frame, example_frame(5));
  EXPECT_THAT(refused().text(), HasSubstr("4299 go back from 5 to 5"));
  add(1, 78, 1, EntryKind::frame, example_frame(5));  // another run counts anew
  EXPECT_EQ(sorted().size(), 1U);
  EXPECT_EQ(linacs_.at(1).received.last_of(78), 1U);
}

TEST_F(BatchSortingTest, GoingBackWithinARunIsRefusedThoughAnotherCameBetween) {
  for (const bool in_one_batch : {true, false}) {
    linacs_.at(1).received = {};
    add(1, 7, 10, EntryKind::frame, example_frame(10));
    add(1, 8, 1, EntryKind::frame, example_frame(11));
    if (!in_one_batch) {
      EXPECT_EQ(sorted().size(), 1U);
    }
    add(1, 7, 5, EntryKind::frame, example_frame(5));
    add(1, 8, 2, EntryKind::frame, example_frame(12));
    EXPECT_THAT(refused().text(), HasSubstr("4299 go back from 10 to 5"));
  }
}

TEST_F(BatchSortingTest, ARunMayGoOnAfterAnother) {
  for (const auto& [run, seq] : {std::pair(7U, 10U), {8U, 1U}, {7U, 11U}, {8U, 2U}}) {
    add(1, run, seq, EntryKind::frame, example_frame(seq));
  }
  EXPECT_EQ(sorted().size(), 1U);
}

TEST_F(BatchSortingTest, OfTheRunsThatCameLastAloneThePositionsAreKept) {
  for (std::uint64_t run = 1; run <= RunPositions::kMostRuns + 1; ++run) {
    add(1, run, 5, EntryKind::junk, bytes_of("x"));
  }
  EXPECT_EQ(sorted().size(), 1U);
  EXPECT_EQ(linacs_.at(1).received.last_of(1), 0U);
  EXPECT_EQ(linacs_.at(1).received.last_of(2), 5U);
}

TEST_F(BatchSortingTest, EmptyBatchGivesNothing) {
  EXPECT_TRUE(sorted().empty());
}

}  // namespace
}  // namespace icom::ingest
