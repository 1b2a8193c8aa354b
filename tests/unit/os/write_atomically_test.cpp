#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/os/file_system.hpp"
#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::os {
namespace {

const std::filesystem::path kFile = "/folder/file";

std::string text_of(const FaultingFileSystem& files) {
  return std::string(as_text(files.content(kFile)));
}

void put_old(FaultingFileSystem& files) {
  const Bytes old = as_bytes("old");
  files.put(kFile, ByteVector(old.begin(), old.end()));
}

std::uint64_t operations_of_one_write() {
  FaultingFileSystem files;
  put_old(files);
  files.set_fault(std::nullopt);
  EXPECT_FALSE(write_atomically(files, kFile, as_bytes("new")));
  return files.operations();
}

TEST(WriteAtomically, LeavesOldOrNewContentWhicheverOperationFails) {
  const auto operations = operations_of_one_write();
  ASSERT_GE(operations, 4U);
  for (std::uint64_t nth = 1; nth <= operations; ++nth) {
    SCOPED_TRACE(nth);
    FaultingFileSystem files;
    put_old(files);
    files.set_fault(FaultingFileSystem::Fault{.operation = nth, .error = EIO, .bytes_written = 1});
    EXPECT_TRUE(write_atomically(files, kFile, as_bytes("new")));
    EXPECT_THAT(text_of(files), ::testing::AnyOf("old", "new"));
    EXPECT_EQ(files.all_files().size(), 1U) << "the temporary file is removed";
  }
}

TEST(WriteAtomically, LeavesOldOrNewContentWheneverThePowerGoes) {
  const auto operations = operations_of_one_write();
  for (std::uint64_t nth = 1; nth <= operations; ++nth) {
    SCOPED_TRACE(nth);
    FaultingFileSystem files;
    put_old(files);
    files.set_fault(FaultingFileSystem::Fault{
        .operation = nth, .error = EIO, .times = FaultingFileSystem::kForEver});
    EXPECT_TRUE(write_atomically(files, kFile, as_bytes("new")));
    files.cut_power();
    EXPECT_THAT(text_of(files), ::testing::AnyOf("old", "new"));
  }
}

TEST(WriteAtomically, IsThereAfterAPowerCutOnceItReturned) {
  FaultingFileSystem files;
  put_old(files);
  ASSERT_FALSE(write_atomically(files, kFile, as_bytes("new")));
  files.cut_power();
  EXPECT_EQ(text_of(files), "new");
}

TEST(WriteAtomically, TakesOverWhatAKilledProcessLeft) {
  FaultingFileSystem files;
  put_old(files);
  files.put("/folder/.file.tmp", ByteVector(10));
  ASSERT_FALSE(write_atomically(files, kFile, as_bytes("new")));
  EXPECT_EQ(text_of(files), "new");
}

TEST(RewriteAtomically, LeavesOldOrNewContentWhicheverOperationFailsAndWheneverThePowerGoes) {
  FaultingFileSystem whole;
  put_old(whole);
  whole.set_fault(std::nullopt);
  ASSERT_FALSE(rewrite_atomically(whole, kFile, as_bytes("new")));
  EXPECT_EQ(text_of(whole), "new");
  EXPECT_GT(whole.operations(), operations_of_one_write()) << "the rights are copied";
  for (std::uint64_t nth = 1; nth <= whole.operations(); ++nth) {
    for (const std::uint64_t times : {std::uint64_t{1}, FaultingFileSystem::kForEver}) {
      SCOPED_TRACE(nth);
      FaultingFileSystem files;
      put_old(files);
      files.set_fault(FaultingFileSystem::Fault{.operation = nth, .error = EIO, .times = times});
      EXPECT_TRUE(rewrite_atomically(files, kFile, as_bytes("new")));
      EXPECT_THAT(text_of(files), ::testing::AnyOf("old", "new"));
      files.cut_power();
      EXPECT_THAT(text_of(files), ::testing::AnyOf("old", "new"));
    }
  }
}

TEST(WriteAtomically, WithoutDurabilitySyncsNothing) {
  FaultingFileSystem files;
  put_old(files);
  ASSERT_FALSE(write_atomically(files, kFile, as_bytes("new"), Durability::process_crash));
  EXPECT_EQ(text_of(files), "new");
  files.cut_power();
  EXPECT_EQ(text_of(files), "old");
}

}  // namespace
}  // namespace icom::os
