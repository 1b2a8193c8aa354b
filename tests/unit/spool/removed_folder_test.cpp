// Somebody removes a spool's folder, or what is in it, while its writer writes. On a real file
// system: names and what they name are its matter.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/spool/spool_reader.hpp"
#include "agent/spool/spool_writer.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::spool {
namespace {

class RemovedFolder : public ::testing::Test {
 protected:
  RemovedFolder() { open_writer(); }

  void open_writer() { writer_ = std::make_unique<SpoolWriter>(files_, folder_, SpoolLimits{}); }
  void append(int first, int last) {
    for (int number = first; number <= last; ++number) {
      const std::string text = "frame " + std::to_string(number);
      ASSERT_FALSE(writer_->append({.received_us = number, .bytes = as_bytes(text)}));
    }
  }
  FolderState look() {
    std::error_code failure;
    return writer_->look_at_folder(failure);
  }
  /// What a reader gives now, holes as their reasons.
  static std::vector<std::string> read(SpoolReader& reader) {
    std::vector<std::string> all;
    while (const auto entry = reader.next()) {
      all.push_back(entry->kind == EntryKind::hole ? decode_hole(entry->bytes).reason
                                                   : std::string(as_text(entry->bytes)));
    }
    return all;
  }
  std::vector<std::string> read_anew() {
    SpoolReader reader(files_, folder_);
    return read(reader);
  }
  static std::vector<std::string> frames(int first, int last) {
    std::vector<std::string> all;
    for (int number = first; number <= last; ++number) {
      all.push_back("frame " + std::to_string(number));
    }
    return all;
  }

  os::FileSystem& files_ = os::real_file_system();
  os::TemporaryDirectory site_;
  const std::filesystem::path folder_ = site_.path() / "4299";
  std::unique_ptr<SpoolWriter> writer_;
};

TEST_F(RemovedFolder, OneThatIsThereIsLeftAsItIs) {
  append(1, 3);
  EXPECT_EQ(look(), FolderState::same);
  EXPECT_EQ(read_anew(), frames(1, 3));
}

TEST_F(RemovedFolder, IsMadeAnewWithAllThatTheSegmentBeingWrittenHeld) {
  append(1, 5);
  std::filesystem::remove_all(folder_);
  append(6, 8);
  EXPECT_EQ(look(), FolderState::made_anew);
  append(9, 10);
  EXPECT_EQ(read_anew(), frames(1, 10));
  EXPECT_EQ(look(), FolderState::same);
  EXPECT_TRUE(os::is_locked(files_, folder_ / kLockFile));
  EXPECT_FALSE(writer_->sync());
}

TEST_F(RemovedFolder, IsMadeAnewHoweverOften) {
  for (int round = 0; round < 5; ++round) {
    append(round * 2 + 1, round * 2 + 2);
    std::filesystem::remove_all(folder_);
    EXPECT_EQ(look(), FolderState::made_anew);
  }
  EXPECT_EQ(read_anew(), frames(1, 10));
}

TEST_F(RemovedFolder, IsMadeAnewAlsoWithTheFolderThatItWasIn) {
  append(1, 2);
  const auto moved = site_.path() / "spool";
  writer_.reset();
  writer_ = std::make_unique<SpoolWriter>(files_, moved / "4299", SpoolLimits{});
  append(1, 2);
  std::filesystem::remove_all(moved);
  EXPECT_EQ(look(), FolderState::made_anew);
  SpoolReader reader(files_, moved / "4299");
  EXPECT_EQ(read(reader), frames(1, 2));
}

TEST_F(RemovedFolder, ReaderThatHadItOpenGetsNothingTwiceAndNothingLess) {
  SpoolReader reader(files_, folder_);
  append(1, 5);
  EXPECT_EQ(read(reader), frames(1, 5));
  append(6, 7);
  std::filesystem::remove_all(folder_);
  append(8, 9);
  auto got = read(reader);
  EXPECT_EQ(look(), FolderState::made_anew);
  append(10, 11);
  for (const auto& more : read(reader)) got.push_back(more);
  EXPECT_EQ(got, frames(6, 11));
}

TEST_F(RemovedFolder, ReaderThatKnowsWhatIsStoredGoesOnBehindIt) {
  append(1, 5);
  std::filesystem::remove_all(folder_);
  append(6, 7);
  EXPECT_EQ(look(), FolderState::made_anew);
  SpoolReader reader(files_, folder_);
  reader.rewind([this](std::uint64_t run) { return run == writer_->run() ? 4U : 0U; });
  EXPECT_EQ(read(reader), frames(5, 7));
}

TEST_F(RemovedFolder, SegmentThatAloneIsRemovedComesBackToo) {
  append(1, 5);
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    std::filesystem::remove(file.path());
  }
  append(6, 6);
  EXPECT_EQ(look(), FolderState::made_anew);
  EXPECT_EQ(read_anew(), frames(1, 6));
  EXPECT_TRUE(os::is_locked(files_, folder_ / kLockFile));
}

TEST_F(RemovedFolder, OneThatWasMovedAwayStaysAsItIsAndAnotherIsMade) {
  append(1, 3);
  std::filesystem::rename(folder_, site_.path() / "4299.old");
  append(4, 4);
  EXPECT_EQ(look(), FolderState::made_anew);
  append(5, 5);
  EXPECT_EQ(read_anew(), frames(1, 5));
  SpoolReader old(files_, site_.path() / "4299.old");
  EXPECT_EQ(read(old), frames(1, 4));
}

TEST_F(RemovedFolder, OneThatAnotherWriterHasMadeIsItsAlone) {
  append(1, 3);
  auto other = std::exchange(writer_, nullptr);
  std::filesystem::remove_all(folder_);
  open_writer();
  append(101, 103);
  std::swap(writer_, other);
  EXPECT_EQ(look(), FolderState::taken);
  // Not even where it would begin another segment, or give up its oldest one.
  const std::string large(std::size_t{1} << 20U, 'x');
  for (int number = 0; number < 20; ++number) {
    ASSERT_FALSE(writer_->append({.received_us = number, .bytes = as_bytes(large)}));
  }
  EXPECT_EQ(look(), FolderState::taken);
  EXPECT_EQ(read_anew(), frames(101, 103));
}

TEST_F(RemovedFolder, OneThatTheOtherWriterHasLeftIsTaken) {
  append(1, 3);
  std::filesystem::remove_all(folder_);
  {
    SpoolWriter other(files_, folder_, {});
    ASSERT_FALSE(other.append({.received_us = 1, .bytes = as_bytes("other")}));
    EXPECT_EQ(look(), FolderState::taken);
  }
  EXPECT_EQ(look(), FolderState::made_anew);
  EXPECT_EQ(read_anew(), (std::vector<std::string>{"other", "frame 1", "frame 2", "frame 3"}));
}

TEST_F(RemovedFolder, OneThatCannotBeMadeAnewIsOnceItCan) {
  append(1, 3);
  std::filesystem::remove_all(folder_);
  // A file of its name.
  std::unique_ptr<os::File> in_the_way;
  ASSERT_FALSE(files_.create(folder_, in_the_way));
  EXPECT_EQ(look(), FolderState::gone);
  append(4, 5);
  EXPECT_EQ(look(), FolderState::gone);
  ASSERT_FALSE(files_.remove(folder_));
  EXPECT_EQ(look(), FolderState::made_anew);
  EXPECT_EQ(read_anew(), frames(1, 5));
}

}  // namespace
}  // namespace icom::spool
