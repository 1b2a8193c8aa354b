#include "gateway/archive/record_content.hpp"

#include "gateway/archive/archive_index.hpp"
#include "gateway/archive/record_file.hpp"
#include "tests/unit/archive/delivery_frames.hpp"
#include "tests/unit/archive/watched_files.hpp"
#include "tests/unit/archive/xz_content.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::archive {
namespace {

using test::operator+;

class RecordContentTest : public test::StoreFixture {
 protected:
  void SetUp() override {
    StoreFixture::SetUp();
    std::filesystem::create_directories(directory_);  // of which the system is asked, too
  }
  [[nodiscard]] ArchiveFolder archive() { return {files_, share_, directory_}; }
  /// True if the WAL can start over: no snapshot of it is held.
  [[nodiscard]] bool wal_can_start_over() const {
    store::Database database(folder() / "icom.db", store::Database::Access::read_write);
    store::Query query(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    return query.step() && query.integer(0) == 0;
  }
  [[nodiscard]] std::vector<std::filesystem::path> temporary_files() const {
    std::vector<std::filesystem::path> found;
    for (const auto& path : files_.inner.all_files()) {
      if (path.extension() == ".tmp") found.push_back(path);
    }
    return found;
  }

  const std::filesystem::path directory_ = temporary_.path() / "iCom";
  test::WatchedFiles files_;
  ShareWatch share_;
};

TEST_F(RecordContentTest, ALongRecordIsReadInPartsBetweenWhichTheWalCanStartOver) {
  const auto record = test::delivery(4, 604, {"1", "A"});
  store_all(test::idle(0, 4) + record + test::idle(604, 606));
  store::StoreReader reader(folder());
  RecordContent content(archive(), reader.record(1).value());
  int parts = 1;
  for (; !content.add_some(reader); ++parts) EXPECT_TRUE(wal_can_start_over());
  EXPECT_EQ(parts, 3);
  EXPECT_TRUE(content.readable());
  const auto file = directory_ / "patients/record.xz";
  content.move_to(file);
  EXPECT_EQ(test::unxz(files_.inner.content(file)), test::joined(record));
  EXPECT_EQ(content.size(), files_.inner.content(file).size());
  EXPECT_TRUE(temporary_files().empty());
}

TEST_F(RecordContentTest, WhatIsCompressedIsWrittenAsItIsCompressed) {
  const auto record = test::delivery(4, 1204, {"1", "A"});
  store_all(test::idle(0, 4) + record + test::idle(1204, 1206));
  store::StoreReader reader(folder());
  RecordContent content(archive(), reader.record(1).value());
  while (!content.add_some(reader)) {
  }
  content.move_to(directory_ / "patients/record.xz");
  EXPECT_GT(files_.appended().size(), 1U);
  EXPECT_LT(std::ranges::max(files_.appended()),
            files_.inner.content(directory_ / "patients/record.xz").size());
}

TEST_F(RecordContentTest, ARecordThatIsGivenUpLeavesNoTemporaryFileAndOneThatACrashLeftIsReplaced) {
  const auto record = test::delivery(4, 1204, {"1", "A"});
  store_all(test::idle(0, 4) + record + test::idle(1204, 1206));
  store::StoreReader reader(folder());
  {
    RecordContent content(archive(), reader.record(1).value());
    while (files_.appended().empty()) ASSERT_FALSE(content.add_some(reader));
    EXPECT_EQ(temporary_files(), std::vector{directory_ / "patients/.nbcc.tmp"});
  }
  EXPECT_TRUE(temporary_files().empty());
  files_.inner.put(directory_ / "patients/.nbcc.tmp", ByteVector(1, std::byte{'x'}));
  RecordContent content(archive(), reader.record(1).value());
  while (!content.add_some(reader)) {
  }
  content.move_to(directory_ / "patients/record.xz");
  EXPECT_EQ(test::unxz(files_.inner.content(directory_ / "patients/record.xz")),
            test::joined(record));
}

TEST_F(RecordContentTest, ARecordThatChangesWhileItIsReadIsBegunAgain) {
  const auto record = test::delivery(4, 604, {"1", "A"});
  const std::vector<ByteVector> late(record.begin() + 100, record.begin() + 104);
  store_all(test::idle(0, 4) + std::vector<ByteVector>(record.begin(), record.begin() + 100) +
            std::vector<ByteVector>(record.begin() + 104, record.end()) + test::idle(604, 606));
  store::StoreReader reader(folder());
  ArchiveIndex index = ArchiveIndex::open_for_writing(folder());
  {
    RecordFile file(1, archive());
    ASSERT_EQ(file.step(reader, index), std::nullopt);
    store_all(late);
    ASSERT_EQ(file.step(reader, index), RecordFileResult::changed);
    EXPECT_EQ(index.find(1).has_value(), false);
  }
  RecordFile file(1, archive());
  std::optional<RecordFileResult> result;
  while (!(result = file.step(reader, index))) {
  }
  EXPECT_EQ(result, RecordFileResult::written);
  EXPECT_EQ(test::unxz(files_.inner.content(directory_ / "patients/1_A/20260302_080001.xz")),
            test::joined(record));
}

}  // namespace
}  // namespace icom::archive
