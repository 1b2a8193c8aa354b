// A damaged segment is kept for a person to look at, and nothing waits for that person.
#include "agent/spool/damaged_segments.hpp"

#include <gtest/gtest.h>

#include "agent/spool/entry_header.hpp"
#include "agent/spool/segment_files.hpp"
#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {
namespace {

constexpr std::size_t kFrameSize = 100;
/// Three frames a segment.
constexpr SpoolLimits kLimits{.max_bytes = 1 << 20, .segment_bytes = 400};

class DamagedSegmentsTest : public ::testing::Test {
 protected:
  std::uint64_t write(std::uint64_t frames) {
    SpoolWriter writer(files_, kSpool, kLimits);
    for (std::uint64_t number = 1; number <= frames; ++number) {
      EXPECT_FALSE(writer.append(frame(0, number, false, kFrameSize).entry()));
    }
    return writer.run();
  }
  void flip(const std::filesystem::path& segment, std::size_t at) {
    auto bytes = files_.content(segment);
    bytes.at(at) ^= std::byte{0x5A};
    files_.put(segment, bytes);
  }
  /// Reads all and has it stored.
  std::vector<OwnedEntry> forward(SpoolReader& reader) {
    const auto read = read_all(reader);
    reader.release(read.back().run, read.back().seq);
    return read;
  }
  [[nodiscard]] std::vector<std::filesystem::path> damaged() const {
    std::vector<std::filesystem::path> found;
    for (const auto& path : files_.all_files()) {
      if (path.extension() == ".damaged") found.push_back(path);
    }
    return found;
  }

  os::FaultingFileSystem files_;
};

TEST_F(DamagedSegmentsTest, AFlippedByteAnywhereSetsTheSegmentAsideOnceTheRestIsStored) {
  write(9);
  const auto segments = segments_of(files_);
  ASSERT_EQ(segments.size(), 3U);
  const auto intact = files_.content(segments[1]);
  for (std::size_t at = 0; at < intact.size(); ++at) {
    SCOPED_TRACE(at);
    os::FaultingFileSystem copy;
    for (const auto& segment : segments) copy.put(segment, files_.content(segment));
    auto bytes = intact;
    bytes[at] ^= std::byte{0x5A};
    copy.put(segments[1], bytes);
    SpoolReader reader(copy, kSpool);
    const auto read = read_all(reader);
    const auto kept = kSpool / (segments[1].filename().string() + ".damaged");
    reader.release(read.back().run, 4);
    EXPECT_TRUE(reader.take_set_aside().empty()) << "not before all of it is stored";
    reader.release(read.back().run, 9);
    EXPECT_EQ(reader.take_set_aside(), std::vector<std::filesystem::path>{kept});
    EXPECT_EQ(copy.content(kept), bytes);
    EXPECT_EQ(segments_of(copy), std::vector<std::filesystem::path>{segments[2]});
    EXPECT_EQ(reader.damaged(),
              (DamagedSegments::Summary{.files = 1, .bytes = bytes.size(), .newest = kept}));
    EXPECT_EQ(seqs_of(read).size(), at < kSegmentHeaderSize ? 9U : 8U) << "the rest went on";
  }
}

TEST_F(DamagedSegmentsTest, TheTornEndThatAKillLeavesIsNothingToLookAt) {
  write(9);
  const auto last = segments_of(files_).back();
  const auto intact = files_.content(last);
  for (std::size_t length = 0; length < intact.size(); ++length) {
    SCOPED_TRACE(length);
    files_.put(last, ByteVector(intact.begin(), intact.begin() + static_cast<long>(length)));
    os::FaultingFileSystem copy;
    for (const auto& segment : segments_of(files_)) copy.put(segment, files_.content(segment));
    {
      SpoolWriter next(copy, kSpool, kLimits);
      ASSERT_FALSE(next.append(frame(0, 1, false, kFrameSize).entry()));
    }
    SpoolReader reader(copy, kSpool);
    forward(reader);
    EXPECT_TRUE(reader.take_set_aside().empty());
    EXPECT_EQ(reader.damaged().files, 0U);
    EXPECT_EQ(segments_of(copy).size(), length < kSegmentHeaderSize ? 2U : 1U)
        << "one without a header goes with the next";
  }
}

TEST_F(DamagedSegmentsTest, AnEndThatIsMissingInTheMiddleOfARunIsLookedAt) {
  write(9);
  const auto middle = segments_of(files_)[1];
  auto bytes = files_.content(middle);
  bytes.resize(bytes.size() - 1);
  files_.put(middle, bytes);
  SpoolReader reader(files_, kSpool);
  forward(reader);
  EXPECT_EQ(reader.damaged().files, 1U);
}

TEST_F(DamagedSegmentsTest, WriterReaderAndNumbersGoOnAsIfItWereNotThere) {
  write(9);
  const auto newest = segments_of(files_).back();
  flip(segments_of(files_)[0], 100);
  SpoolReader reader(files_, kSpool);
  forward(reader);
  ASSERT_EQ(reader.damaged().files, 1U);
  const auto second = write(4);
  EXPECT_GT(segments_of(files_).back(), newest);
  const auto read = read_all(reader);
  EXPECT_EQ(seqs_of(read), (std::vector<std::uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(read.front().run, second);
  SpoolReader fresh(files_, kSpool);
  EXPECT_EQ(seqs_of(read_all(fresh)).back(), 4U);
  EXPECT_EQ(reader.damaged().files, 1U);
}

TEST_F(DamagedSegmentsTest, SoManyAreKeptAndOfMoreTheOldestGo) {
  constexpr std::uint64_t kMore = DamagedSegments::kMostFiles + 5;
  write(3 * kMore + 1);
  const auto segments = segments_of(files_);
  for (std::size_t i = 0; i < kMore; ++i) flip(segments[i], 100);
  SpoolReader reader(files_, kSpool);
  forward(reader);
  EXPECT_EQ(reader.take_set_aside().size(), kMore);
  ASSERT_EQ(damaged().size(), DamagedSegments::kMostFiles);
  EXPECT_EQ(damaged().front().stem(), segments[5].filename());
  EXPECT_EQ(damaged().back().stem(), segments[kMore - 1].filename());
}

TEST_F(DamagedSegmentsTest, TheirBytesAreBoundedToo) {
  constexpr std::size_t kBytes = DamagedSegments::kMostBytes / 4;
  for (std::uint64_t number = 1; number <= 6; ++number) {
    files_.put(segment_path(kSpool, number), ByteVector(kBytes, std::byte{0}));
    ASSERT_FALSE(DamagedSegments(files_, kSpool).take(number));
  }
  const auto summary = DamagedSegments(files_, kSpool).summary();
  EXPECT_EQ(summary.files, 4U);
  EXPECT_EQ(summary.bytes, DamagedSegments::kMostBytes);
  EXPECT_EQ(summary.newest, DamagedSegments::path(kSpool, 6));
}

TEST_F(DamagedSegmentsTest, OnAFullDiskTheyGoBeforeAnyFrame) {
  write(9);
  flip(segments_of(files_)[0], 100);
  flip(segments_of(files_)[1], 100);
  {
    SpoolReader reader(files_, kSpool);
    forward(reader);
    ASSERT_EQ(reader.damaged().files, 2U);
  }
  SpoolWriter writer(files_, kSpool, kLimits);
  std::uint64_t used = 0;
  for (const auto& path : files_.all_files()) used += files_.content(path).size();
  files_.set_capacity(used);
  ASSERT_FALSE(writer.append(frame(0, 1, false, kFrameSize).entry()));
  EXPECT_EQ(damaged().size(), 1U);
  EXPECT_EQ(writer.counts().given_up_frames, 0U);
}

TEST_F(DamagedSegmentsTest, WhereItCannotBeSetAsideItIsRemovedSoThatNothingIsStuck) {
  write(9);
  flip(segments_of(files_)[0], 100);
  SpoolReader reader(files_, kSpool);
  read_all(reader);
  files_.set_fault(os::FaultingFileSystem::Fault{.operation = 1, .error = EACCES});
  reader.release(reader.runs().back(), 9);
  files_.set_fault(std::nullopt);
  EXPECT_EQ(segments_of(files_).size(), 1U);
}

}  // namespace
}  // namespace icom::spool
