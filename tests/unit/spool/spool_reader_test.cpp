#include "agent/spool/spool_reader.hpp"

#include <gtest/gtest.h>

#include "tests/unit/os/temporary_directory.hpp"
#include "tests/unit/spool/spool_test_support.hpp"

namespace icom::spool {
namespace {

constexpr SpoolLimits kOneSegment{};
/// Two or three entries of frame() a segment.
constexpr SpoolLimits kSmallSegments{.max_bytes = 1 << 20, .segment_bytes = 200};

class SpoolReading : public ::testing::Test {
 protected:
  /// Writes frames first..last in a run of their own, begun with the first.
  std::unique_ptr<SpoolWriter> write(std::uint64_t first, std::uint64_t last,
                                     SpoolLimits limits = kSmallSegments) {
    auto writer = std::make_unique<SpoolWriter>(files_, kSpool, limits);
    append(*writer, first, last);
    return writer;
  }

  void append(SpoolWriter& writer, std::uint64_t first, std::uint64_t last) {
    for (auto number = first; number <= last; ++number) {
      ASSERT_FALSE(writer.append(frame(0, number).entry()));
      written_.push_back(frame(writer.run(), number));
    }
  }

  os::FaultingFileSystem files_;
  std::vector<OwnedEntry> written_;
};

TEST_F(SpoolReading, EntriesComeBackAsTheyWereWritten) {
  SpoolWriter writer(files_, kSpool, kOneSegment);
  const OwnedEntry all_kinds[] = {
      {.kind = EntryKind::connected, .seq = 1, .received_us = 1},
      {.kind = EntryKind::frame, .seq = 2, .received_us = 2, .has_patient = true, .bytes = "f"},
      {.kind = EntryKind::junk, .seq = 3, .received_us = 3, .bytes = std::string(70'000, 'j')},
      {.kind = EntryKind::disconnected, .seq = 4, .received_us = 4, .bytes = "closed by the Linac"},
  };
  std::vector<OwnedEntry> expected;
  for (const auto& entry : all_kinds) {
    ASSERT_FALSE(writer.append(entry.entry()));
    expected.push_back(entry);
    expected.back().run = writer.run();
  }
  EXPECT_EQ(read_all(files_), expected);
}

TEST_F(SpoolReading, AnEntryOfTheGreatestSizePassesAndALongerOneIsRefused) {
  SpoolWriter writer(files_, kSpool, kOneSegment);
  const std::string longest(kMaxEntryBytes, 'x');
  const std::string too_long(kMaxEntryBytes + 1, 'x');
  EXPECT_FALSE(writer.append({.bytes = as_bytes(longest)}));
  EXPECT_EQ(writer.append({.bytes = as_bytes(too_long)}), std::errc::message_size);
  EXPECT_FALSE(writer.append({.bytes = as_bytes("next")}));
  EXPECT_EQ(seqs_of(read_all(files_)), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(SpoolReading, ManyEntriesInOneCallKeepTheirOrder) {
  SpoolWriter writer(files_, kSpool, kOneSegment);
  std::vector<OwnedEntry> sent;
  for (std::uint64_t number = 1; number <= 1000; ++number) {
    sent.push_back(frame(writer.run(), number));
  }
  std::vector<Entry> entries;
  for (const auto& one : sent) entries.push_back(one.entry());
  std::size_t appended = 0;
  ASSERT_FALSE(writer.append(entries, appended));
  EXPECT_EQ(appended, 1000U);
  EXPECT_EQ(read_all(files_), sent);
}

TEST_F(SpoolReading, AReaderThatFollowsSeesEachEntryOnceAndInOrderAcrossSegments) {
  SpoolWriter writer(files_, kSpool, kSmallSegments);
  SpoolReader reader(files_, kSpool);
  std::vector<OwnedEntry> read;
  for (std::uint64_t number = 1; number <= 50; ++number) {
    append(writer, number, number);
    if (number % 3 == 0) continue;
    for (auto& entry : read_all(reader)) read.push_back(std::move(entry));
    EXPECT_EQ(read, written_);
  }
  EXPECT_GT(segments_of(files_).size(), 10U);
}

TEST_F(SpoolReading, ASpoolThatIsNotThereYetGivesNothingAndLaterItsEntries) {
  SpoolReader reader(files_, kSpool);
  EXPECT_TRUE(reader.runs().empty());
  EXPECT_FALSE(reader.next());
  write(1, 3);
  EXPECT_EQ(read_all(reader), written_);
}

TEST_F(SpoolReading, ARestartedWriterBeginsANewRunInANewSegment) {
  const auto first = write(1, 5)->run();
  const auto second = write(1, 5)->run();
  EXPECT_NE(first, second);
  SpoolReader reader(files_, kSpool);
  EXPECT_EQ(reader.runs(), (std::vector<std::uint64_t>{first, second}));
  EXPECT_EQ(read_all(reader), written_);
}

TEST_F(SpoolReading, ASecondWriterIsRefusedWhileTheFirstHoldsTheDirectory) {
  const auto writer = write(1, 1);
  try {
    SpoolWriter second(files_, kSpool, kOneSegment);
    FAIL() << "a second writer was let in";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("another listener"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find(kSpool.string()), std::string::npos);
  }
}

TEST_F(SpoolReading, RewindStartsAfterWhatIsStoredWhereverThatIs) {
  const auto first = write(1, 20)->run();
  const auto second = write(1, 20)->run();
  SpoolReader reader(files_, kSpool);
  for (std::uint64_t in_first = 0; in_first <= 20; ++in_first) {
    for (const std::uint64_t in_second : {0, 1, 13, 20}) {
      SCOPED_TRACE(std::to_string(in_first) + ", " + std::to_string(in_second));
      reader.rewind([&](std::uint64_t run) { return run == first ? in_first : in_second; });
      std::vector<OwnedEntry> expected;
      for (const auto& entry : written_) {
        if (entry.seq > (entry.run == second ? in_second : in_first)) expected.push_back(entry);
      }
      EXPECT_EQ(read_all(reader), expected);
    }
  }
}

TEST_F(SpoolReading, RewindInTheMiddleOfReadingGivesTheSameAgain) {
  write(1, 20);
  SpoolReader reader(files_, kSpool);
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(reader.next());
  reader.rewind([](std::uint64_t) { return 0; });
  EXPECT_EQ(read_all(reader), written_);
}

TEST_F(SpoolReading, ReleaseRemovesOnlySegmentsThatAreWhollyStored) {
  const auto writer = write(1, 20);
  SpoolReader reader(files_, kSpool);
  read_all(reader);
  for (std::uint64_t stored = 0; stored <= 20; ++stored) {
    reader.release(writer->run(), stored);
    SpoolReader fresh(files_, kSpool);
    fresh.rewind([&](std::uint64_t) { return stored; });
    EXPECT_EQ(seqs_of(read_all(fresh)).size(), 20 - stored);
    EXPECT_TRUE(holes_of(read_all(fresh)).empty());
  }
  EXPECT_EQ(segments_of(files_).size(), 1U) << "the newest stays";
}

TEST_F(SpoolReading, ReleaseOfALaterRunRemovesOlderRuns) {
  write(1, 20);
  const auto writer = write(1, 1);
  SpoolReader reader(files_, kSpool);
  read_all(reader);
  reader.release(writer->run(), 0);
  EXPECT_EQ(segments_of(files_).size(), 1U);
}

TEST_F(SpoolReading, ReleaseOfAnOlderRunKeepsNewerOnes) {
  const auto first = write(1, 20)->run();
  const auto second = write(1, 20);
  SpoolReader reader(files_, kSpool);
  read_all(reader);
  reader.release(first, 20);
  reader.rewind([](std::uint64_t) { return 0; });
  EXPECT_EQ(reader.runs(), std::vector<std::uint64_t>{second->run()});
  EXPECT_EQ(seqs_of(read_all(reader)).size(), 20U);
}

TEST_F(SpoolReading, ReleaseOfAnUnknownRunRemovesNothing) {
  const auto writer = write(1, 20);
  SpoolReader reader(files_, kSpool);
  read_all(reader);
  const auto before = segments_of(files_);
  reader.release(writer->run() + 1, 20);
  EXPECT_EQ(segments_of(files_), before);
}

TEST_F(SpoolReading, AWriterThatStartsAfterAReleaseContinuesTheNumbersOfSegments) {
  const auto run = write(1, 20)->run();
  const auto newest = segments_of(files_).back();
  SpoolReader reader(files_, kSpool);
  read_all(reader);
  reader.release(run, 20);
  write(1, 1);
  EXPECT_GT(segments_of(files_).back(), newest);
}

TEST_F(SpoolReading, SegmentsThatVanishUnderTheReaderAreOneHole) {
  write(1, 20);
  SpoolReader reader(files_, kSpool);
  ASSERT_TRUE(reader.next());
  const auto segments = segments_of(files_);
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) ASSERT_FALSE(files_.remove(segments[i]));
  const auto rest = read_all(reader);
  // The segment that is open is still read to its end.
  ASSERT_EQ(holes_of(rest).size(), 1U);
  const auto hole = holes_of(rest).front();
  EXPECT_EQ(decode_hole(as_bytes(hole.bytes)).reason, "missing");
  EXPECT_EQ(rest.back(), written_.back());
  const auto at = std::find(rest.begin(), rest.end(), hole);
  EXPECT_EQ(std::next(at)->seq, hole.seq + 1);
}

TEST_F(SpoolReading, ADirectoryThatIsBegunAnewIsReadFromItsStart) {
  write(1, 20);
  SpoolReader reader(files_, kSpool);
  read_all(reader);
  for (const auto& segment : segments_of(files_)) ASSERT_FALSE(files_.remove(segment));
  EXPECT_FALSE(reader.next());
  written_.clear();
  write(1, 3);
  EXPECT_EQ(read_all(reader), written_);
}

TEST(SpoolReadingOnDisk, ASegmentThatCannotBeOpenedIsToldUntilItCan) {
  const os::TemporaryDirectory folder;
  os::FileSystem& files = os::real_file_system();
  {
    SpoolWriter writer(files, folder.path(), kSmallSegments);
    ASSERT_FALSE(writer.append(frame(0, 1).entry()));
  }
  std::filesystem::path segment;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() == ".spool") segment = entry.path();
  }
  const auto aside = folder.path() / "aside";
  std::filesystem::rename(segment, aside);
  std::filesystem::create_symlink(segment, segment);  // leads in a circle
  SpoolReader reader(files, folder.path());
  reader.rewind([](std::uint64_t) { return 0; });
  EXPECT_FALSE(reader.next());
  EXPECT_NE(reader.unreadable().find(segment.string() + ": "), std::string::npos);
  std::filesystem::rename(aside, segment);
  EXPECT_TRUE(reader.next());
  EXPECT_EQ(reader.unreadable(), "");
}

TEST_F(SpoolReading, BacklogIsWhatIsNotYetRead) {
  write(1, 20);
  SpoolReader reader(files_, kSpool);
  reader.rewind([](std::uint64_t) { return 0; });
  EXPECT_GT(reader.backlog_bytes(), 20U * 20U);
  read_all(reader);
  EXPECT_EQ(reader.backlog_bytes(), 0U);
}

TEST_F(SpoolReading, BacklogGrowsWhileNobodyReads) {
  const auto writer = write(1, 20);
  SpoolReader reader(files_, kSpool);
  reader.rewind([](std::uint64_t) { return 0; });
  const auto before = reader.backlog_bytes();
  for (std::uint64_t number = 21; number <= 40; ++number) {
    ASSERT_FALSE(writer->append(frame(0, number).entry()));
  }
  EXPECT_GE(reader.backlog_bytes(), before + 20 * 20U);
}

TEST_F(SpoolReading, AReaderThatSkippedToTheEndGetsWhatIsWrittenFromThenOnAndNothingOfBefore) {
  for (const std::uint64_t before : {0U, 1U, 2U, 3U, 4U, 40U}) {
    os::FaultingFileSystem files;
    SpoolWriter writer(files, kSpool, kSmallSegments);
    for (std::uint64_t number = 1; number <= before; ++number) {
      ASSERT_FALSE(writer.append(frame(0, number).entry()));
    }
    SpoolReader reader(files, kSpool);
    reader.skip_to_end();
    EXPECT_FALSE(reader.next());
    std::vector<OwnedEntry> later;
    for (std::uint64_t number = before + 1; number <= before + 9; ++number) {
      ASSERT_FALSE(writer.append(frame(0, number).entry()));
      later.push_back(frame(writer.run(), number));
    }
    EXPECT_EQ(read_all(reader), later) << "behind " << before;
  }
}

TEST_F(SpoolReading, AReaderThatSkippedToTheEndGoesOnWithTheNextRun) {
  write(1, 7).reset();
  SpoolReader reader(files_, kSpool);
  reader.skip_to_end();
  written_.clear();
  const auto next_run = write(1, 7);
  EXPECT_EQ(read_all(reader), written_);
}

TEST_F(SpoolReading, AReaderThatSkippedToTheEndOfASpoolThatIsNotThereGetsAllOfIt) {
  SpoolReader reader(files_, kSpool);
  reader.skip_to_end();
  const auto writer = write(1, 7);
  EXPECT_EQ(read_all(reader), written_);
}

TEST_F(SpoolReading, AReaderThatSkippedToTheEndLosesNothingWhenAnotherRemovesWhatIsRead) {
  const auto writer = write(1, 7);
  SpoolReader follower(files_, kSpool);
  follower.skip_to_end();
  SpoolReader other(files_, kSpool);
  written_.clear();
  std::vector<OwnedEntry> followed;
  for (std::uint64_t number = 8; number <= 60; ++number) {
    append(*writer, number, number);
    read_all(other);
    other.release(writer->run(), number);
    if (number % 3 != 0) continue;
    for (const auto& entry : read_all(follower)) followed.push_back(entry);
  }
  EXPECT_EQ(followed, written_);
}

TEST_F(SpoolReading, WhicheverOperationFailsOnceWhileAReaderSkipsToTheEndNothingOfBeforeComes) {
  for (std::uint64_t fault = 1;; ++fault) {
    os::FaultingFileSystem files;
    SpoolWriter writer(files, kSpool, kSmallSegments);
    for (std::uint64_t number = 1; number <= 8; ++number) {
      ASSERT_FALSE(writer.append(frame(0, number).entry()));
    }
    SpoolReader reader(files, kSpool);
    files.set_fault(os::FaultingFileSystem::Fault{.operation = fault});
    reader.skip_to_end();
    const bool over = files.operations() < fault;
    files.set_fault(std::nullopt);
    EXPECT_FALSE(reader.next()) << "operation " << fault;
    ASSERT_FALSE(writer.append(frame(0, 9).entry()));
    EXPECT_EQ(read_all(reader), std::vector{frame(writer.run(), 9)}) << "operation " << fault;
    if (over) break;
  }
}

}  // namespace
}  // namespace icom::spool
