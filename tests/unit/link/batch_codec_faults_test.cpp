// What a broken or hostile peer can send as a batch. Bytes are made by the stream and the messages
// themselves, so that each rule of the decoder is reached.
#include <gtest/gtest.h>

#include <functional>

#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"
#include "common/link/message_compression.hpp"
#include "tests/unit/link/batch_samples.hpp"

namespace icom::link {
namespace {

Entries some_entries() {
  Entries entries;
  entries.add_text(1, 77, 1, EntryKind::connected, "");
  entries.add_frame(1, 77, 2);
  entries.add_frame(2, 88, 1);
  entries.add_frame(1, 77, 3);
  entries.add_text(2, 88, 2, EntryKind::junk, "some junk");
  return entries;
}

/// The decoder's answer; empty if it took the batch.
std::string refusal(BatchDecoder& decoder, const std::string& compressed) {
  std::string error;
  if (decoder.decode(compressed, error)) return "";
  return error.empty() ? "refused without a reason" : error;
}

std::string refusal(const std::string& compressed) {
  BatchDecoder decoder;
  return refusal(decoder, compressed);
}

TEST(BatchFaults, EveryTruncationIsRefused) {
  BatchEncoder encoder;
  const std::string whole = encoded(encoder, some_entries());
  ASSERT_EQ(refusal(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
  }
}

TEST(BatchFaults, EveryFlippedBitIsRefusedOrHarmless) {
  BatchEncoder encoder;
  const Entries entries = some_entries();
  const std::string whole = encoded(encoder, entries);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    BatchDecoder decoder;
    std::string error;
    // Some bits of the compressed form mean nothing; what is taken is what was sent.
    if (const auto batch = decoder.decode(flipped, error)) {
      EXPECT_EQ(difference(entries, *batch), "") << bit;
    }
  }
}

TEST(BatchFaults, EveryTruncationBehindAGoodBatchIsRefused) {
  BatchEncoder encoder;
  const std::string first = encoded(encoder, some_entries());
  const std::string second = encoded(encoder, some_entries());
  for (std::size_t size = 0; size < second.size(); ++size) {
    BatchDecoder decoder;
    ASSERT_EQ(refusal(decoder, first), "");
    EXPECT_NE(refusal(decoder, second.substr(0, size)), "") << size;
  }
}

TEST(BatchFaults, LostBatchIsNoticed) {
  BatchEncoder encoder;
  const std::string first = encoded(encoder, some_entries());
  encoded(encoder, some_entries());
  const std::string third = encoded(encoder, some_entries());
  BatchDecoder decoder;
  ASSERT_EQ(refusal(decoder, first), "");
  EXPECT_NE(refusal(decoder, third), "");
}

TEST(BatchFaults, NothingIsTakenAfterARefusedBatch) {
  BatchEncoder encoder;
  const std::string good = encoded(encoder, some_entries());
  BatchDecoder decoder;
  ASSERT_NE(refusal(decoder, "rubbish"), "");
  EXPECT_NE(refusal(decoder, good), "");
}

/// A batch of one junk entry, changed by `change` after its checksum was made.
std::string changed(const std::function<void(Batch&)>& change) {
  BatchEncoder encoder;
  Entries entries;
  entries.add_text(1, 77, 5, EntryKind::junk, "junk");
  MessageDecompressor decompressor;
  std::string plain;
  EXPECT_TRUE(decompressor.decompress(encoded(encoder, entries), 10'000, plain));
  Batch batch;
  EXPECT_TRUE(batch.ParseFromString(plain));
  change(batch);
  return MessageCompressor().compress(batch.SerializeAsString());
}

TEST(BatchFaults, EveryFieldIsCoveredByTheChecksum) {
  ASSERT_EQ(refusal(changed([](Batch&) {})), "");
  const std::string expected = "a batch whose checksum does not fit";
  const auto with_entry = [](auto change) {
    return refusal(changed([&](Batch& batch) { change(*batch.mutable_entries(0)); }));
  };
  EXPECT_EQ(with_entry([](Entry& entry) { entry.set_linac(2); }), expected);
  EXPECT_EQ(with_entry([](Entry& entry) { entry.set_kind(4); }), expected);
  EXPECT_EQ(with_entry([](Entry& entry) { entry.set_run(78); }), expected);
  EXPECT_EQ(with_entry([](Entry& entry) { entry.set_seq(6); }), expected);
  EXPECT_EQ(with_entry([](Entry& entry) { entry.set_received_us(0); }), expected);
  EXPECT_EQ(with_entry([](Entry& entry) { entry.set_code("jump"); }), expected);
  EXPECT_EQ(refusal(changed([](Batch& batch) { batch.set_checksum(0); })), expected);
  EXPECT_EQ(refusal(changed([](Batch& batch) { batch.clear_entries(); })), expected);
  EXPECT_EQ(refusal(changed([](Batch& batch) { *batch.add_entries() = batch.entries(0); })),
            expected);
}

TEST(BatchFaults, UnknownKindIsRefused) {
  for (const std::uint32_t kind : {6U, 255U, 256U, 0xFFFFFFFFU}) {
    const auto change = [&](Batch& batch) { batch.mutable_entries(0)->set_kind(kind); };
    EXPECT_EQ(refusal(changed(change)), "an entry of unknown kind");
  }
}

TEST(BatchFaults, EntryWithoutARunIsRefused) {
  EXPECT_EQ(refusal(changed([](Batch& batch) { batch.mutable_entries(0)->clear_run(); })),
            "an entry without a run");
}

TEST(BatchFaults, FrameThatIsNoCodeIsRefused) {
  const auto change = [](Batch& batch) { batch.mutable_entries(0)->clear_kind(); };
  EXPECT_EQ(refusal(changed(change)), "a frame that does not fit the one before");
}

TEST(BatchFaults, MoreLinacsThanASiteMayHaveAreRefused) {
  for (const bool one_more : {false, true}) {
    Entries entries;
    for (std::uint32_t linac = 0; linac < kMaxSpools + (one_more ? 1 : 0); ++linac) {
      entries.add_text(linac, 77, 1, EntryKind::connected, "");
    }
    BatchEncoder encoder;
    EXPECT_EQ(refusal(encoded(encoder, entries)), one_more ? "too many Linacs" : "");
  }
}

TEST(BatchFaults, SmallMessageThatUnfoldsToMoreThanTheBoundIsRefused) {
  const std::string bomb =
      MessageCompressor().compress(std::string(2 * BatchDecoder::kMaxBatchBytes, '\0'));
  ASSERT_LT(bomb.size(), kMaxMessageBytes);
  EXPECT_EQ(refusal(bomb), "bad compressed data");
}

TEST(BatchFaults, MoreEntriesThanABatchMayHoldAreRefused) {
  for (const std::size_t count : {kMaxBatchEntries, kMaxBatchEntries + 1}) {
    Entries entries;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
      entries.add_text(1, 77, seq, EntryKind::connected, "");
    }
    BatchEncoder encoder;
    EXPECT_EQ(refusal(encoded(encoder, entries)),
              count == kMaxBatchEntries ? "" : "more entries than a batch may hold");
  }
}

TEST(BatchFaults, SmallMessageOfMillionsOfEmptyEntriesIsRefused) {
  Batch first;
  Entry& entry = *first.add_entries();
  entry.set_run(77);
  entry.set_kind(static_cast<std::uint32_t>(EntryKind::junk));
  std::string plain = first.SerializeAsString();
  const std::string_view empty("\x0A\x02\x10\x02", 4);  // an entry that is junk
  while (plain.size() + empty.size() <= BatchDecoder::kMaxBatchBytes) plain += empty;
  const std::string bomb = MessageCompressor().compress(plain);
  ASSERT_LT(bomb.size(), 4'096U);
  EXPECT_EQ(refusal(bomb), "more entries than a batch may hold");
}

TEST(BatchFaults, MoreFieldsThanAnEntryMayHaveAreRefused) {
  const auto with_fields = [](std::size_t unknown) {
    Batch batch;
    Entry& entry = *batch.add_entries();
    entry.set_run(77);
    entry.set_kind(static_cast<std::uint32_t>(EntryKind::junk));
    std::string more;
    for (std::size_t i = 0; i < unknown; ++i) more += std::string_view("\x78\x01", 2);  // field 15
    entry.MergeFromString(more);
    // One entry alone: of kMaxBatchEntries, nothing is exceeded.
    return refusal(MessageCompressor().compress(batch.SerializeAsString()));
  };
  // As far as the fields go, the first is taken: it lacks a checksum.
  EXPECT_EQ(with_fields(kMaxEntryParts - 2), "a batch whose checksum does not fit");
  EXPECT_EQ(with_fields(kMaxEntryParts - 1), "not a batch");
  EXPECT_EQ(with_fields(4'000'000), "not a batch");
}

TEST(BatchFaults, FieldsOfALaterVersionAreSkipped) {
  const auto with = [](std::string_view field) {
    BatchEncoder encoder;
    Entries entries;
    entries.add_text(1, 77, 5, EntryKind::junk, "junk");
    MessageDecompressor decompressor;
    std::string plain;
    EXPECT_TRUE(decompressor.decompress(encoded(encoder, entries), 10'000, plain));
    return refusal(MessageCompressor().compress(std::string(field) + plain));
  };
  EXPECT_EQ(with(std::string_view("\x1A\x03new", 5)), "");  // field 3, length-delimited
  EXPECT_EQ(with(std::string_view("\x20\x07", 2)), "");     // field 4, a number
  EXPECT_EQ(with(std::string_view("\x1A\x7Fnew", 5)), "not a batch");
  EXPECT_EQ(with(std::string_view("\x0A\xFF\xFF\xFF\xFF\x0F", 6)), "not a batch");
}

TEST(BatchFaults, FramesThatUnfoldToMoreThanTheBoundAreRefused) {
  test::FrameSpec spec;
  spec.items.push_back({0x0010, 0x0010, "PN", 'P', std::string(1'000'000, 'x')});
  const ByteVector large = test::build_frame(spec);
  const std::size_t most = BatchDecoder::kMaxBatchBytes / large.size();
  for (const std::size_t count : {most, most + 1}) {
    Entries entries;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
      entries.add(1, 77, seq, EntryKind::frame, large);
    }
    BatchEncoder encoder;
    const std::string message = encoded(encoder, entries);
    ASSERT_LT(message.size(), 4'096U) << "each is coded by what differs from the one before";
    EXPECT_EQ(refusal(message), count == most ? "" : "more bytes than a batch may hold");
  }
}

}  // namespace
}  // namespace icom::link
