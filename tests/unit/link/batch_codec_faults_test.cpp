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
    for (std::uint32_t linac = 0; linac < kMaxLinacs + (one_more ? 1 : 0); ++linac) {
      entries.add_text(linac, 77, 1, EntryKind::connected, "");
    }
    BatchEncoder encoder;
    EXPECT_EQ(refusal(encoded(encoder, entries)), one_more ? "too many Linacs" : "");
  }
}

TEST(BatchFaults, SmallMessageThatUnfoldsToMoreThanTheBoundIsRefused) {
  const std::string bomb =
      MessageCompressor().compress(std::string(BatchDecoder::kMaxBatchBytes + 1, '\0'));
  ASSERT_LT(bomb.size(), kMaxMessageBytes);
  EXPECT_EQ(refusal(bomb), "bad compressed data");
}

TEST(BatchFaults, FramesThatUnfoldToMoreThanTheBoundAreRefused) {
  BatchEncoder encoder;
  Entries entries;
  const std::string large(1U << 20U, 'x');
  for (std::uint64_t seq = 1; seq <= BatchDecoder::kMaxBatchBytes / large.size() + 1; ++seq) {
    entries.add_text(1, 77, seq, EntryKind::frame, large);
  }
  EXPECT_NE(refusal(encoded(encoder, entries)), "");
}

}  // namespace
}  // namespace icom::link
