#include "common/os/files_beneath.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "common/os/file_error.hpp"
#include "tests/unit/os/odd_files.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

class FilesBeneathTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::error_code open_read(const std::filesystem::path& name) {
    std::unique_ptr<File> file;
    return files_.open_read(top_ / name, file);
  }
  [[nodiscard]] std::error_code create(const std::filesystem::path& name) {
    std::unique_ptr<File> file;
    return files_.create(top_ / name, file);
  }

  TemporaryDirectory folder_;
  const std::filesystem::path top_ = folder_.path() / "share";
  FilesBeneath files_{top_};
};

TEST_F(FilesBeneathTest, FoldersAndFilesAreMadeWithTheRightsThatWeSayWhateverTheUmask) {
  for (const mode_t mask : {0000U, 0077U}) {
    const UmaskOf umask(mask);
    const auto folder = std::filesystem::path("patients") / std::to_string(mask);
    ASSERT_FALSE(files_.create_directories(top_ / folder));
    ASSERT_FALSE(create(folder / "a"));
    EXPECT_EQ(mode_of(top_), 0750U);
    EXPECT_EQ(mode_of(top_ / folder), 0750U);
    EXPECT_EQ(mode_of(top_ / folder / "a"), 0640U);
  }
}

TEST_F(FilesBeneathTest, AFolderThatIsThereKeepsItsRightsAndHandsItsGroupDown) {
  std::filesystem::create_directory(top_);
  ASSERT_EQ(::chmod(top_.c_str(), 02775), 0);
  ASSERT_FALSE(files_.create_directories(top_ / "patients"));
  EXPECT_EQ(mode_of(top_), 02775U);
  EXPECT_EQ(mode_of(top_ / "patients"), 02750U);
}

TEST_F(FilesBeneathTest, WhatIsMadeIsTheReadersToReadWhateverTheFolderAboveHandsDown) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root is sure to have a second group";
  constexpr gid_t kReaders = 54321;
  const UmaskOf umask(0077);
  FilesBeneath files(top_, kReaders);
  std::unique_ptr<File> file;
  ASSERT_FALSE(files.create_directories(top_));
  ASSERT_EQ(::chown(top_.c_str(), static_cast<uid_t>(-1), 54320), 0);
  ASSERT_FALSE(files.create_directories(top_ / "patients" / "1_A"));
  ASSERT_FALSE(files.create(top_ / "patients" / "1_A" / "a", file));
  for (const char* const name : {"patients", "patients/1_A"}) {
    struct stat status {};
    ASSERT_EQ(::stat((top_ / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_gid, kReaders) << name;
    EXPECT_EQ(mode_of(top_ / name), 02750U) << name;
  }
  struct stat status {};
  ASSERT_EQ(::stat((top_ / "patients/1_A/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, kReaders);
  EXPECT_EQ(mode_of(top_ / "patients/1_A/a"), 0640U);
}

TEST_F(FilesBeneathTest, NoLinkBelowTheFolderIsFollowed) {
  ASSERT_FALSE(files_.create_directories(top_ / "real"));
  std::filesystem::create_directory(folder_.path() / "elsewhere");
  std::ofstream(folder_.path() / "elsewhere" / "a") << "somebody's";
  std::filesystem::create_directory_symlink("../elsewhere", top_ / "link");
  std::filesystem::create_symlink("../elsewhere/a", top_ / "a");

  EXPECT_EQ(open_read("a"), FileError::symbolic_link);
  EXPECT_EQ(open_read("link/a"), FileError::symbolic_link);
  EXPECT_EQ(create("link/b"), FileError::symbolic_link);
  EXPECT_EQ(files_.create_directories(top_ / "link" / "b"), FileError::symbolic_link);
  EXPECT_EQ(files_.remove(top_ / "link" / "a"), FileError::symbolic_link);
  ASSERT_FALSE(create("b"));
  EXPECT_EQ(files_.rename(top_ / "b", top_ / "link" / "b"), FileError::symbolic_link);
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "elsewhere" / "a"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "elsewhere" / "b"));

  // The folder itself may be named through one.
  std::filesystem::create_directory_symlink(top_, folder_.path() / "mount");
  FilesBeneath through(folder_.path() / "mount");
  std::unique_ptr<File> file;
  EXPECT_FALSE(through.open_read(folder_.path() / "mount" / "b", file));
}

TEST_F(FilesBeneathTest, NothingAboveTheFolderIsReached) {
  ASSERT_FALSE(files_.create_directories(top_));
  std::ofstream(folder_.path() / "a") << "above";
  EXPECT_EQ(open_read("../a"), std::errc::invalid_argument);
  std::unique_ptr<File> file;
  EXPECT_EQ(files_.open_read(folder_.path() / "a", file), std::errc::invalid_argument);
  EXPECT_EQ(files_.create_directories(folder_.path() / "b"), std::errc::invalid_argument);
}

TEST_F(FilesBeneathTest, SpecialFilesAreNeitherOpenedNorReplaced) {
  ASSERT_FALSE(files_.create_directories(top_));
  ASSERT_FALSE(create("new"));
  for (const OddFile& odd : make_odd_files(top_)) {
    SCOPED_TRACE(odd.kind);
    const mode_t before = kind_of(odd.path);
    const auto error = open_read(odd.kind);
    EXPECT_EQ(error, S_ISLNK(before) ? FileError::symbolic_link : FileError::not_regular);
    if (S_ISLNK(before)) continue;  // a link's name may be taken: nothing is followed
    EXPECT_EQ(files_.rename(top_ / "new", odd.path), FileError::not_regular);
    EXPECT_EQ(kind_of(odd.path), before);
  }
}

TEST(FilesBeneathShares, AFolderThatCannotBeSyncedIsNoErrorButSaid) {
  FilesBeneath kernel("/proc/self");  // which answers EINVAL, as some network mounts do
  EXPECT_TRUE(kernel.folders_can_be_synced());
  EXPECT_EQ(real_file_system().sync_directory("/proc/self/fdinfo"), std::errc::invalid_argument);
  EXPECT_FALSE(kernel.sync_directory("/proc/self/fdinfo"));
  EXPECT_FALSE(kernel.folders_can_be_synced());
}

}  // namespace
}  // namespace icom::os
