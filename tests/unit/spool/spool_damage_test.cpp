// Whatever happens to a segment's bytes, the rest is read, and what is missing is told.
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/spool/entry_header.hpp"
#include "agent/spool/segment_files.hpp"
#include "agent/spool/segment_scanner.hpp"
#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {
namespace {

constexpr std::size_t kDamageFrames = 5;
constexpr std::size_t kDamageFrameSize = 20;
constexpr std::size_t kEntrySize = kEntryHeaderSize + kDamageFrameSize;

class DamagedSpool : public ::testing::Test {
 protected:
  void SetUp() override {
    run_ = write_run();
    segment_ = segments_of(files_).front();
    intact_ = files_.content(segment_);
    ASSERT_EQ(intact_.size(), kSegmentHeaderSize + kDamageFrames * kEntrySize);
  }

  std::uint64_t write_run() {
    SpoolWriter writer(files_, kSpool, {});
    for (std::size_t number = 1; number <= kDamageFrames; ++number) {
      EXPECT_FALSE(writer.append(frame(0, number, false, kDamageFrameSize).entry()));
    }
    return writer.run();
  }

  os::FaultingFileSystem files_;
  std::uint64_t run_ = 0;
  std::filesystem::path segment_;
  ByteVector intact_;
};

TEST_F(DamagedSpool, TornEndOfTheNewestSegmentIsNotYetComplete) {
  for (std::size_t length = 0; length <= intact_.size(); ++length) {
    SCOPED_TRACE(length);
    files_.put(segment_, ByteVector(intact_.begin(), intact_.begin() + static_cast<long>(length)));
    SpoolReader reader(files_, kSpool);
    const std::size_t whole =
        length < kSegmentHeaderSize ? 0 : (length - kSegmentHeaderSize) / kEntrySize;
    EXPECT_EQ(read_all(reader).size(), whole);
    EXPECT_EQ(reader.counts().corrupt_bytes, 0U);

    // The rest arrives.
    std::unique_ptr<os::File> ignored;
    files_.put(segment_, intact_);
    SpoolReader later(files_, kSpool);
    EXPECT_EQ(read_all(later).size(), kDamageFrames);
  }
}

TEST_F(DamagedSpool, AnEntryThatArrivesByteByByteComesOutWhenItIsWhole) {
  files_.put(segment_, {});
  SpoolReader reader(files_, kSpool);
  std::unique_ptr<os::File> file;
  const auto growing = kSpool / "000000000002.spool";
  ASSERT_FALSE(files_.create(growing, file));
  std::size_t read = 0;
  for (std::size_t length = 1; length <= intact_.size(); ++length) {
    const Bytes next = Bytes(intact_).subspan(length - 1, 1);
    std::size_t written = 0;
    ASSERT_FALSE(file->append({&next, 1}, written));
    read += read_all(reader).size();
    const std::size_t whole =
        length < kSegmentHeaderSize ? 0 : (length - kSegmentHeaderSize) / kEntrySize;
    EXPECT_EQ(read, whole) << length;
  }
  EXPECT_EQ(reader.counts().corrupt_bytes, 0U);
}

TEST_F(DamagedSpool, TornEndOfAnOlderRunIsCountedAndToldByAHole) {
  const auto second = write_run();
  for (std::size_t length = 0; length <= intact_.size(); ++length) {
    SCOPED_TRACE(length);
    files_.put(segment_, ByteVector(intact_.begin(), intact_.begin() + static_cast<long>(length)));
    SpoolReader reader(files_, kSpool);
    const auto read = read_all(reader);
    const std::size_t whole =
        length < kSegmentHeaderSize ? 0 : (length - kSegmentHeaderSize) / kEntrySize;
    const std::size_t torn =
        length < kSegmentHeaderSize ? length : (length - kSegmentHeaderSize) % kEntrySize;
    EXPECT_EQ(seqs_of(read).size(), whole + kDamageFrames);
    EXPECT_EQ(reader.counts().corrupt_bytes, torn);
    if (torn > 0 && length > kSegmentHeaderSize) {
      ASSERT_EQ(holes_of(read).size(), 1U);
      EXPECT_EQ(holes_of(read)[0].run, run_);
      EXPECT_EQ(holes_of(read)[0].seq, whole + 1);
      EXPECT_EQ(decode_hole(as_bytes(holes_of(read)[0].bytes)).reason, "corrupt");
    } else {
      EXPECT_TRUE(holes_of(read).empty());
    }
    EXPECT_EQ(read.back().run, second);
  }
}

TEST_F(DamagedSpool, AHoleAtTheEndOfARunIsToldOnceWhereItIsStored) {
  write_run();
  files_.put(segment_, ByteVector(intact_.begin(), intact_.end() - 1));
  SpoolReader reader(files_, kSpool);
  ASSERT_EQ(holes_of(read_all(reader)).size(), 1U);
  reader.rewind([&](std::uint64_t run) { return run == run_ ? kDamageFrames : 0; });
  EXPECT_TRUE(holes_of(read_all(reader)).empty());
}

TEST_F(DamagedSpool, AFlippedByteCostsExactlyTheEntryThatItIsIn) {
  write_run();
  for (std::size_t at = 0; at < intact_.size(); ++at) {
    SCOPED_TRACE(at);
    auto damaged = intact_;
    damaged[at] ^= std::byte{0x5A};
    files_.put(segment_, damaged);
    SpoolReader reader(files_, kSpool);
    auto read = read_all(reader);
    std::erase_if(read, [&](const OwnedEntry& entry) { return entry.run != run_; });

    std::vector<std::uint64_t> expected{1, 2, 3, 4, 5};
    if (at < kSegmentHeaderSize) {
      EXPECT_TRUE(holes_of(read).empty());
      EXPECT_EQ(reader.counts().corrupt_bytes, kSegmentHeaderSize);
    } else {
      const std::uint64_t lost = (at - kSegmentHeaderSize) / kEntrySize + 1;
      std::erase(expected, lost);
      ASSERT_EQ(holes_of(read).size(), 1U);
      EXPECT_EQ(holes_of(read)[0].seq, lost);
      EXPECT_EQ(decode_hole(as_bytes(holes_of(read)[0].bytes)).reason, "corrupt");
      EXPECT_EQ(reader.counts().corrupt_entries, 1U);
      EXPECT_EQ(reader.counts().corrupt_bytes, kEntrySize);
    }
    EXPECT_EQ(seqs_of(read), expected);
  }
}

TEST_F(DamagedSpool, AFlippedByteInTheNewestSegmentCostsThatEntryOnceMoreIsWritten) {
  for (std::size_t at = kSegmentHeaderSize; at < intact_.size(); ++at) {
    SCOPED_TRACE(at);
    auto damaged = intact_;
    damaged[at] ^= std::byte{0x5A};
    const auto more = frame(run_, kDamageFrames + 1);
    append(damaged, encode_entry_header(more.entry()));
    append(damaged, as_bytes(more.bytes));
    files_.put(segment_, damaged);
    SpoolReader reader(files_, kSpool);
    const auto read = read_all(reader);
    EXPECT_EQ(seqs_of(read).size(), kDamageFrames);
    EXPECT_EQ(holes_of(read).size(), 1U);
    EXPECT_EQ(read.back(), more);
  }
}

TEST_F(DamagedSpool, NeighboursThatAreDamagedAreOneHole) {
  write_run();
  auto damaged = intact_;
  damaged[kSegmentHeaderSize + kEntrySize] ^= std::byte{1};
  damaged[kSegmentHeaderSize + 2 * kEntrySize] ^= std::byte{1};
  files_.put(segment_, damaged);
  const auto read = read_all(files_);
  EXPECT_EQ(read[1].seq, 3U);
  EXPECT_EQ(read[1].kind, EntryKind::hole);
  EXPECT_EQ(read[2].seq, 4U);
}

TEST_F(DamagedSpool, APayloadThatLooksLikeAnEntryIsNotTakenForOne) {
  // A frame may hold anything, the image of an entry of a run of its choice too.
  const auto forged = frame(run_ + 1, 2);
  ByteVector payload;
  append(payload, encode_entry_header(forged.entry()));
  append(payload, as_bytes(forged.bytes));
  const Entry carrier{.run = run_, .seq = kDamageFrames + 1, .bytes = payload};
  auto damaged = intact_;
  append(damaged, encode_entry_header(carrier));
  damaged.back() ^= std::byte{1};  // its header is damaged: the search walks through its payload
  append(damaged, payload);
  const auto last = frame(run_, kDamageFrames + 2);
  append(damaged, encode_entry_header(last.entry()));
  append(damaged, as_bytes(last.bytes));
  files_.put(segment_, damaged);
  const auto read = read_all(files_);
  EXPECT_EQ(seqs_of(read), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 7}));
  for (const auto& entry : read) EXPECT_EQ(entry.run, run_);
}

TEST_F(DamagedSpool, SegmentsOfNoUseDoNotHoldUpTheRest) {
  const auto second = write_run();
  files_.put(segment_, ByteVector(10'000, std::byte{0xE7}));
  SpoolReader reader(files_, kSpool);
  EXPECT_EQ(seqs_of(read_all(reader)).size(), kDamageFrames);
  EXPECT_EQ(reader.counts().corrupt_bytes, 10'000U);
  write_run();
  read_all(reader);
  reader.release(second, kDamageFrames);
  EXPECT_EQ(segments_of(files_).size(), 1U) << "the unreadable one goes with those behind it";
}

TEST_F(DamagedSpool, APageThatCannotBeReadCostsWhatIsOnItOnly) {
  SpoolWriter writer(files_, kSpool, {});
  for (std::uint64_t number = 1; number <= 30; ++number) {
    ASSERT_FALSE(writer.append(frame(0, number, false, 1000).entry()));
  }
  std::unique_ptr<os::File> file;
  ASSERT_FALSE(files_.open_read(segments_of(files_).back(), file));
  SegmentScanner scanner(std::move(file));
  // The block and then its first page.
  files_.set_fault(os::FaultingFileSystem::Fault{.operation = 1, .error = EIO, .times = 2});
  std::vector<std::uint64_t> seqs;
  while (const auto entry = scanner.next(true)) seqs.push_back(entry->seq);
  EXPECT_EQ(seqs.back(), 30U);
  EXPECT_EQ(seqs.size(), 26U) << "3.9 entries are on the first page";
  EXPECT_EQ(scanner.counts().read_errors, 2U);
}

}  // namespace
}  // namespace icom::spool
