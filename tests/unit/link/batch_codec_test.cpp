#include "common/link/batch_codec.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/link/batch_samples.hpp"

namespace icom::link {
namespace {

/// Both ends of a connection.
struct Ends {
  BatchEncoder encoder;
  BatchDecoder decoder;
  std::size_t sent_bytes = 0;

  /// What differs after a batch has gone through, or empty.
  std::string pass(const Entries& entries) {
    const std::string compressed = encoded(encoder, entries);
    sent_bytes = compressed.size();
    std::string error;
    const auto batch = decoder.decode(compressed, error);
    return batch ? difference(entries, *batch) : error;
  }
};

TEST(BatchCodec, EveryKindOfEntryComesOutAsItWentIn) {
  Entries entries;
  entries.add_text(1, 77, 1, EntryKind::connected, "");
  entries.add_frame(1, 77, 2);
  entries.add_text(1, 77, 3, EntryKind::junk, std::string("\0junk\xFF", 6));
  entries.add_frame(1, 77, 4);
  entries.add_text(1, 77, 9, EntryKind::hole, "whatever a hole says");
  entries.add_text(1, 77, 10, EntryKind::disconnected, "reset");
  EXPECT_EQ(Ends().pass(entries), "");
}

TEST(BatchCodec, CodingRunsOnFromBatchToBatch) {
  Ends ends;
  for (std::uint64_t seq = 1; seq < 50; ++seq) {
    Entries entries;
    entries.add_frame(1, 77, seq);
    ASSERT_EQ(ends.pass(entries), "") << seq;
  }
}

TEST(BatchCodec, LinacsAreCodedApart) {
  Ends ends;
  for (std::uint64_t seq = 1; seq < 20; ++seq) {
    Entries entries;
    for (std::uint32_t linac = 0; linac < 10; ++linac) {
      entries.add_frame(linac, 1000 + linac, seq * (linac + 1));
    }
    ASSERT_EQ(ends.pass(entries), "") << seq;
  }
}

TEST(BatchCodec, NewRunBeginsAnywhereInABatch) {
  Entries entries;
  entries.add_frame(1, 77, 1'000);
  entries.add_frame(1, 78, 1);
  entries.add_frame(1, 78, 2);
  entries.add_frame(1, 79, 500);
  EXPECT_EQ(Ends().pass(entries), "");
}

TEST(BatchCodec, ExtremePositionsAndClocksComeOutAsTheyWentIn) {
  Entries entries;
  entries.add_frame(std::numeric_limits<std::uint32_t>::max(), ~0ULL, 1).received_us = 0;
  entries.add_frame(7, 1, ~0ULL).received_us = std::numeric_limits<std::int64_t>::max();
  entries.add_frame(7, 1, 1).received_us = std::numeric_limits<std::int64_t>::min();
  entries.add_frame(7, 1, 3).received_us = -1;
  EXPECT_EQ(Ends().pass(entries), "");
}

TEST(BatchCodec, FramesOfAnySizeAndContentComeOutAsTheyWentIn) {
  Entries entries;
  std::uint64_t seq = 0;
  for (const std::size_t size : {0U, 1U, 26U, 27U, 28U, 65'536U, 1'048'576U}) {
    entries.add_text(1, 77, ++seq, EntryKind::frame, std::string(size, 'x'));
  }
  EXPECT_EQ(Ends().pass(entries), "");
}

TEST(BatchCodec, EmptyBatchIsABatch) {
  EXPECT_EQ(Ends().pass(Entries()), "");
}

TEST(BatchCodec, EncoderTellsWhatItHolds) {
  BatchEncoder encoder;
  Entries entries;
  entries.add_text(1, 77, 1, EntryKind::junk, "12345");
  entries.add_text(1, 77, 2, EntryKind::frame, "123");
  for (const LinkEntry& entry : entries.all()) encoder.add(entry);
  EXPECT_EQ(encoder.entries(), 2U);
  EXPECT_EQ(encoder.raw_bytes(), 8U);
  encoder.finish();
  EXPECT_EQ(encoder.entries(), 0U);
  EXPECT_EQ(encoder.raw_bytes(), 0U);
}

TEST(BatchCodec, FrameAloneCostsAFractionOfItsBytes) {
  Ends ends;
  Entries first;
  first.add_frame(1, 77, 1);
  ASSERT_EQ(ends.pass(first), "");
  Entries second;  // the same bytes again: all that is left is the cost of an entry
  second.add_frame(1, 77, 1).seq = 2;
  ASSERT_EQ(ends.pass(second), "");
  EXPECT_LE(ends.sent_bytes, 50U);
}

}  // namespace
}  // namespace icom::link
