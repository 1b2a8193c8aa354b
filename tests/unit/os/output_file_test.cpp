#include "common/os/output_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

#include "tests/unit/os/faulting_file_system.hpp"
#include "tests/unit/os/odd_files.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

using testing::HasSubstr;

class OutputFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path path(const char* name) const { return folder_.path() / name; }
  void put(const char* name, const std::string& text) const { std::ofstream(path(name)) << text; }
  [[nodiscard]] std::string content(const char* name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    EXPECT_FALSE(real_file_system().list(folder_.path(), all));
    return all;
  }
  static void write(const std::filesystem::path& file, const std::string& text) {
    OutputFile output(real_file_system(), file);
    output.stream() << text;
    output.finish();
  }
  static std::string refusal(const std::filesystem::path& file) {
    try {
      write(file, "new");
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    ADD_FAILURE() << "was written";
    return {};
  }

  TemporaryDirectory folder_;
};

TEST_F(OutputFileTest, ItTakesItsNameWholeAndNothingElseIsLeft) {
  const std::string text(300'000, 'x');
  write(path("a"), text);
  EXPECT_EQ(content("a"), text);
  write(path("a"), "short");
  EXPECT_EQ(content("a"), "short");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(OutputFileTest, UntilItIsFinishedWhatHasTheNameStaysAndThenToo) {
  put("a", "before");
  {
    OutputFile output(real_file_system(), path("a"));
    output.stream() << "half";
    output.stream().flush();
    EXPECT_EQ(content("a"), "before");
  }
  EXPECT_EQ(content("a"), "before");
  EXPECT_EQ(names(), std::vector<std::string>{"a"});
}

TEST_F(OutputFileTest, AFolderHandsItDownToNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give the folder another group";
  constexpr gid_t kOthers = 54322;
  ASSERT_EQ(::chown(folder_.path().c_str(), ::geteuid(), kOthers), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 02755), 0);
  write(path("a"), "patients");
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, ::getegid());
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

/// As setfacl -m default:user:54321:rwx makes it.
TEST_F(OutputFileTest, AFoldersDefaultRightsLetNobodyReadIt) {
  struct Entry {
    std::uint16_t tag;
    std::uint16_t rights;
    std::uint32_t account;
  };
  constexpr std::uint32_t kVersion = 2;
  constexpr std::uint32_t kNobody = ~0U;
  constexpr std::array<Entry, 5> kEntries{
      {{1, 7, kNobody}, {2, 7, 54321}, {4, 5, kNobody}, {16, 7, kNobody}, {32, 0, kNobody}}};
  std::array<char, sizeof kVersion + sizeof kEntries> value{};
  std::memcpy(value.data(), &kVersion, sizeof kVersion);
  std::memcpy(value.data() + sizeof kVersion, kEntries.data(), sizeof kEntries);
  if (::setxattr(folder_.path().c_str(), "system.posix_acl_default", value.data(), value.size(),
                 0) != 0) {
    GTEST_SKIP() << "no such rights here: " << std::strerror(errno);
  }
  write(path("a"), "patients");
  EXPECT_EQ(::getxattr(path("a").c_str(), "system.posix_acl_access", nullptr, 0), -1);
  EXPECT_EQ(errno, ENODATA);
  EXPECT_EQ(mode_of(path("a")), 0640U);
}

TEST_F(OutputFileTest, NobodyBesideOwnerAndGroupReadsItWhateverTheUmask) {
  for (const mode_t mask : {0000U, 0022U, 0077U}) {
    const UmaskOf umask(mask);
    write(path("a"), "patients");
    EXPECT_EQ(mode_of(path("a")), 0640U);
  }
}

TEST_F(OutputFileTest, WhatIsNoFileStaysAndIsNamed) {
  for (const OddFile& odd : make_odd_files(folder_.path())) {
    SCOPED_TRACE(odd.kind);
    const auto before = kind_of(odd.path);
    EXPECT_THAT(refusal(odd.path), HasSubstr(odd.path.string() + " is a"));
    EXPECT_EQ(kind_of(odd.path), before);
  }
  EXPECT_EQ(content("target"), "the target of the link");
}

TEST_F(OutputFileTest, AFolderThatIsNotThereIsAClearError) {
  EXPECT_THAT(refusal(path("none") / "a"), HasSubstr("cannot write " + path("none").string()));
}

/// Whatever fails, the old file is as it was until the new one has its name.
TEST(OutputFileFaults, WhicheverOperationFailsTheOldContentOrTheNewOneStands) {
  const std::filesystem::path file = "/folder/a";
  bool failed = true;
  for (std::uint64_t operation = 1; failed; ++operation) {
    SCOPED_TRACE(operation);
    FaultingFileSystem files;
    files.put(file, ByteVector(3, std::byte{'o'}));
    files.set_fault(FaultingFileSystem::Fault{.operation = operation, .error = ENOSPC});
    failed = false;
    try {
      OutputFile output(files, file);
      output.stream() << "new";
      output.finish();
    } catch (const std::runtime_error&) {
      failed = true;
    }
    const std::string now(as_text(files.content(file)));
    EXPECT_TRUE(now == "new" || (failed && now == "ooo")) << now;
    EXPECT_EQ(files.all_files(), std::vector{file});
    if (!failed) {
      EXPECT_GT(operation, 4U);
    }
  }
}

TEST(OutputFileFaults, AFolderThatCannotBeSyncedIsNoFailure) {
  FaultingFileSystem files;
  files.put("/folder/b", {});
  // create, append, sync of the data, rename, then this.
  files.set_fault(FaultingFileSystem::Fault{.operation = 5, .error = EINVAL});
  OutputFile output(files, "/folder/a");
  output.stream() << "new";
  output.finish();
  EXPECT_EQ(files.operations(), 5U);
  EXPECT_EQ(as_text(files.content("/folder/a")), "new");
}

}  // namespace
}  // namespace icom::os
