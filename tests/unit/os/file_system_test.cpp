#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "common/os/file_error.hpp"
#include "common/os/file_system.hpp"
#include "common/os/random.hpp"
#include "tests/unit/os/exchanged_folder.hpp"
#include "tests/unit/os/odd_files.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

class RealFileSystem : public ::testing::Test {
 protected:
  [[nodiscard]] std::string read(const std::string& name) {
    std::unique_ptr<File> file;
    if (files_.open_read(folder_.path() / name, file)) return "(cannot be opened)";
    std::string text(1 << 16, '\0');
    std::size_t got = 0;
    if (file->read_at(0, std::as_writable_bytes(std::span(text)), got)) return "(cannot be read)";
    text.resize(got);
    return text;
  }

  TemporaryDirectory folder_;
  FileSystem& files_ = real_file_system();
};

TEST_F(RealFileSystem, AppendWritesAllPartsInOrderHoweverManyThereAre) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create(folder_.path() / "a", file));
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i) texts.push_back(i % 7 == 0 ? "" : std::to_string(i) + ",");
  std::vector<Bytes> parts;
  for (const auto& text : texts) {
    parts.push_back(as_bytes(text));
    expected += text;
  }
  std::size_t written = 0;
  ASSERT_FALSE(file->append(parts, written));
  EXPECT_EQ(written, expected.size());
  EXPECT_EQ(read("a"), expected);
}

TEST_F(RealFileSystem, AppendAfterTruncateContinuesAtTheNewEnd) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create(folder_.path() / "a", file));
  const Bytes text = as_bytes("abcdef");
  std::size_t written = 0;
  ASSERT_FALSE(file->append({&text, 1}, written));
  ASSERT_FALSE(file->truncate(2));
  ASSERT_FALSE(file->append({&text, 1}, written));
  EXPECT_EQ(read("a"), "ababcdef");
}

TEST_F(RealFileSystem, OverwriteLeavesJustTheNewBytesInTheSameFile) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create(folder_.path() / "a", file));
  const Bytes text = as_bytes("abcdef");
  std::size_t written = 0;
  ASSERT_FALSE(file->append({&text, 1}, written));
  ASSERT_FALSE(files_.overwrite(folder_.path() / "a", as_bytes("XYZ")));
  EXPECT_EQ(read("a"), "XYZ");
  std::uint64_t size = 0;
  ASSERT_FALSE(file->size(size));
  EXPECT_EQ(size, 3U) << "it is the file that was open before";
  EXPECT_EQ(files_.overwrite(folder_.path() / "b", text), std::errc::no_such_file_or_directory);
}

TEST_F(RealFileSystem, CreateRefusesAFileThatExists) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create(folder_.path() / "a", file));
  EXPECT_EQ(files_.create(folder_.path() / "a", file), std::errc::file_exists);
}

TEST_F(RealFileSystem, ALockIsHeldOnceUntilItsHolderGoes) {
  std::unique_ptr<File> first;
  std::unique_ptr<File> second;
  ASSERT_FALSE(files_.lock(folder_.path() / "lock", first));
  EXPECT_EQ(files_.lock(folder_.path() / "lock", second),
            std::errc::resource_unavailable_try_again);
  first.reset();
  EXPECT_FALSE(files_.lock(folder_.path() / "lock", second));
}

TEST_F(RealFileSystem, ALockWhoseFileIsRemovedIsHeldAllTheSame) {
  const auto lock = folder_.path() / "lock";
  std::unique_ptr<File> first;
  std::unique_ptr<File> second;
  ASSERT_FALSE(files_.lock(lock, first));
  ASSERT_FALSE(files_.remove(lock));
  EXPECT_TRUE(is_locked(files_, lock));
  EXPECT_FALSE(std::filesystem::exists(lock)) << "asking makes no file";
  EXPECT_EQ(files_.lock(lock, second), std::errc::resource_unavailable_try_again);
  // Nor is another lock in the folder concerned.
  std::unique_ptr<File> other;
  EXPECT_FALSE(is_locked(files_, folder_.path() / "other"));
  EXPECT_FALSE(files_.lock(folder_.path() / "other", other));
  first.reset();
  EXPECT_FALSE(is_locked(files_, lock));
  EXPECT_FALSE(files_.lock(lock, second));
}

/// The child is another account, which may list the folder.
TEST_F(RealFileSystem, ALockIsGotWhereAnotherAccountHoldsTheFoldersByte) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be another account";
  constexpr uid_t kOwner = 54321;
  constexpr uid_t kStranger = 54322;
  const auto folder = folder_.path() / "ours";
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chown(folder.c_str(), kOwner, kOwner), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  std::array<int, 2> held{};
  std::array<int, 2> done{};
  ASSERT_EQ(::pipe(held.data()), 0);
  ASSERT_EQ(::pipe(done.data()), 0);
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    ::close(done[1]);
    char byte = 'x';
    const bool is_other = ::setresuid(kStranger, kStranger, kStranger) == 0;
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
    struct flock all {};
    all.l_type = F_RDLCK;
    const bool locked = is_other && ::fcntl(opened, F_OFD_SETLK, &all) == 0;
    if (!locked || ::write(held[1], &byte, 1) != 1) ::_exit(1);
    const ssize_t ended = ::read(done[0], &byte, 1);
    ::_exit(static_cast<int>(ended));
  }
  ::close(held[1]);
  char byte = 0;
  ASSERT_EQ(::read(held[0], &byte, 1), 1);
  EXPECT_FALSE(is_locked(files_, folder / "lock"))
      << "root asks for what the owner's account holds";
  const pid_t owner = ::fork();
  if (owner == 0) {
    if (::setresuid(kOwner, kOwner, kOwner) != 0) ::_exit(1);
    ::prctl(PR_SET_DUMPABLE, 1);  // as after the execve() of a service
    std::unique_ptr<File> lock;
    std::unique_ptr<File> second;
    const bool is_free = !is_locked(files_, folder / "lock");
    const bool got = !files_.lock(folder / "lock", lock);
    const bool ours =
        files_.remove(folder / "lock") == std::error_code{} && is_locked(files_, folder / "lock") &&
        files_.lock(folder / "lock", second) == std::errc::resource_unavailable_try_again;
    ::_exit(is_free && got && ours ? 0 : 2);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(owner, &status, 0), owner);
  EXPECT_EQ(status, 0);
  ::close(done[1]);
  EXPECT_EQ(::waitpid(stranger, &status, 0), stranger);
  for (const int end : {held[0], done[0]}) ::close(end);
}

TEST_F(RealFileSystem, WhatIsMadeHasTheRightsThatWeSayWhateverTheUmask) {
  for (const mode_t mask : {0000U, 0077U}) {
    const UmaskOf umask(mask);
    const auto folder = folder_.path() / std::to_string(mask);
    std::unique_ptr<File> file;
    ASSERT_FALSE(files_.create_directories(folder / "inner"));
    ASSERT_FALSE(files_.create_folder_for(folder / "private", Access::owner));
    ASSERT_FALSE(files_.create(folder / "a", file));
    ASSERT_FALSE(files_.create_for(folder / "b", Access::owner, file));
    ASSERT_FALSE(files_.create_for(folder / "c", Access::group, file));
    ASSERT_FALSE(write_atomically(files_, folder / "d", {}));
    ASSERT_FALSE(files_.lock(folder / "lock", file));
    EXPECT_EQ(mode_of(folder), 0750U);
    EXPECT_EQ(mode_of(folder / "inner"), 0750U);
    EXPECT_EQ(mode_of(folder / "private"), 0700U);
    EXPECT_EQ(mode_of(folder / "a"), 0640U);
    EXPECT_EQ(mode_of(folder / "b"), 0600U);
    EXPECT_EQ(mode_of(folder / "c"), 0640U);
    EXPECT_EQ(mode_of(folder / "d"), 0640U);
    EXPECT_EQ(mode_of(folder / "lock") & 0137U, 0U);
  }
}

TEST_F(RealFileSystem, WhatRootMakesForSomebodyBelongsToTheFoldersOwnerAndGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who makes files for others";
  constexpr uid_t kOwner = 54321;
  constexpr gid_t kGroup = 54322;
  const auto folder = folder_.path() / "theirs";
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chown(folder.c_str(), kOwner, kGroup), 0);
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create_for(folder / "file", Access::group, file));
  ASSERT_FALSE(files_.create_folder_for(folder / "inner", Access::owner));
  ASSERT_FALSE(write_atomically_for(files_, folder / "whole", Access::owner, as_bytes("text")));
  for (const char* name : {"file", "inner", "whole"}) {
    SCOPED_TRACE(name);
    struct stat status {};
    ASSERT_EQ(::stat((folder / name).c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, kOwner);
    EXPECT_EQ(status.st_gid, kGroup);
  }
  EXPECT_EQ(mode_of(folder / "file"), 0640U);
  EXPECT_EQ(mode_of(folder / "inner"), 0700U);
  EXPECT_EQ(mode_of(folder / "whole"), 0600U);
  // And root is root again.
  ASSERT_FALSE(files_.create(folder / "roots", file));
  struct stat status {};
  ASSERT_EQ(::stat((folder / "roots").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U);
}

TEST_F(RealFileSystem, WhatRootMakesBelongsToTheOwnerOfTheFolderThatItIsInWhoeverExchangesIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who makes files for others";
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  ExchangedFolder exchanged(folder_.path() / "exchanged");
  ASSERT_TRUE(exchanged.made());
  exchanged.start();
  constexpr int kRounds = 200;
  for (int i = 0; i < kRounds; ++i) {
    std::unique_ptr<File> file;
    const std::string name = std::to_string(i);
    // Each may fail, as its parts are done in one folder or in the other.
    (void)files_.create_for(exchanged.name() / ("made" + name), Access::owner, file);
    (void)files_.create_folder_for(exchanged.name() / ("folder" + name), Access::owner);
    (void)write_atomically_for(files_, exchanged.name() / name, Access::group, as_bytes("text"));
  }
  exchanged.stop();
  EXPECT_THAT(ExchangedFolder::not_of(0, exchanged.roots()), testing::IsEmpty());
  EXPECT_THAT(ExchangedFolder::not_of(ExchangedFolder::kOwner, exchanged.theirs()),
              testing::IsEmpty());
  EXPECT_FALSE(std::filesystem::is_empty(exchanged.roots())) << "it was exchanged";
  EXPECT_FALSE(std::filesystem::is_empty(exchanged.theirs()));
}

TEST_F(RealFileSystem, OnlyFilesAreOpenedAndNothingElseIsReplaced) {
  std::unique_ptr<File> file;
  ASSERT_FALSE(files_.create(folder_.path() / "new", file));
  for (const OddFile& odd : make_odd_files(folder_.path())) {
    if (S_ISLNK(kind_of(odd.path))) continue;
    SCOPED_TRACE(odd.kind);
    const mode_t before = kind_of(odd.path);
    EXPECT_EQ(files_.open_read(odd.path, file), FileError::not_regular);
    EXPECT_EQ(files_.open_write(odd.path, file), FileError::not_regular);
    EXPECT_EQ(files_.rename(folder_.path() / "new", odd.path), FileError::not_regular);
    EXPECT_EQ(kind_of(odd.path), before);
  }
}

TEST_F(RealFileSystem, ListGivesNamesInOrder) {
  for (const char* name : {"b", "c", "a"}) {
    std::unique_ptr<File> file;
    ASSERT_FALSE(files_.create(folder_.path() / name, file));
  }
  std::vector<std::string> names;
  ASSERT_FALSE(files_.list(folder_.path(), names));
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(RealFileSystem, ListOfADirectoryThatIsNotThereSaysSo) {
  std::vector<std::string> names;
  EXPECT_EQ(files_.list(folder_.path() / "none", names), std::errc::no_such_file_or_directory);
}

TEST_F(RealFileSystem, WriteAtomicallyReplacesTheWholeContent) {
  ASSERT_FALSE(write_atomically(files_, folder_.path() / "a", as_bytes("a longer text")));
  ASSERT_FALSE(write_atomically(files_, folder_.path() / "a", as_bytes("short")));
  EXPECT_EQ(read("a"), "short");
  std::vector<std::string> names;
  ASSERT_FALSE(files_.list(folder_.path(), names));
  EXPECT_EQ(names.size(), 1U) << "no temporary file is left";
}

TEST(Random, TwoDrawsDiffer) {
  EXPECT_NE(random_u64(), random_u64());
}

}  // namespace
}  // namespace icom::os
