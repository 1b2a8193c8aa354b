#include "common/config/closed_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "common/os/account.hpp"
#include "common/os/users.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::error_code kClosed = std::make_error_code(std::errc::permission_denied);

TEST(ClosedFile, SaysWhoMayReadItAndWhatToDo) {
  const os::TemporaryDirectory folder;
  const auto file = folder.path() / "site.yaml";
  std::ofstream(file) << "site: nbcc\n";
  EXPECT_THAT(readable_file(file, kClosed),
              HasSubstr("(chown " + os::user_name_within(std::chrono::seconds(2), ::geteuid()) +
                        ' ' + file.string() + ')'));
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files to others";
  EXPECT_THAT(readable_file(file, kClosed),
              AllOf(HasSubstr("can read; it is root's: give it to "), Not(HasSubstr("run this"))));
  ASSERT_EQ(::chown(file.c_str(), 54322, 54322), 0);
  EXPECT_THAT(readable_file(file, kClosed),
              HasSubstr("it is 54322's: run this as 54322 or root, or give it to "));
}

TEST(ClosedFile, OfOneInAClosedFolderSaysWhoseThatIs) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another account";
  const os::TemporaryDirectory above;
  ASSERT_EQ(::chmod(above.path().c_str(), 0755), 0);
  const auto folder = above.path() / "etc";
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chown(folder.c_str(), 54322, 54322), 0);
  ASSERT_EQ(::chmod(folder.c_str(), 0700), 0);
  std::ofstream(folder / "site.yaml") << "site: nbcc\n";
  const auto says_so = [&] {
    const std::string said = readable_file(folder / "site.yaml", kClosed);
    return said.find("account 54321 can read; " + folder.string() + " is 54322's") !=
                       std::string::npos &&
                   said.find("runuser -u 54322") != std::string::npos
               ? 0
               : 1;
  };
  EXPECT_EQ(os::run_as(os::account_of(54321, 54321), says_so), 0);
}

TEST(ClosedFile, OfOneThatIsNotThereItSaysWhatToDo) {
  EXPECT_THAT(readable_file("x", std::make_error_code(std::errc::no_such_file_or_directory)),
              HasSubstr("is there (No such file or directory): put it there, or correct the path"));
}

TEST(ClosedFile, WhetherAFileIsThereIsNotGuessedInAClosedFolder) {
  const os::TemporaryDirectory above;
  EXPECT_TRUE(is_there(above.path()));
  EXPECT_FALSE(is_there(above.path() / "site.yaml"));
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another account";
  ASSERT_EQ(::chmod(above.path().c_str(), 0700), 0);
  const auto says_so = [&] {
    try {
      static_cast<void>(is_there(above.path() / "site.yaml"));
    } catch (const std::runtime_error& error) {
      const std::string said = error.what();
      return said.find("is root's, and closed to it: run this as root") != std::string::npos &&
                     said.find("filesystem error") == std::string::npos
                 ? 0
                 : 1;
    }
    return 2;
  };
  EXPECT_EQ(os::run_as(os::account_of(54321, 54321), says_so), 0);
}

TEST(ClosedFile, OfAnotherErrorItSaysTheSystemsWords) {
  const auto error = std::make_error_code(std::errc::io_error);
  EXPECT_EQ(readable_file("x", error), "a file that can be read (" + error.message() + ")");
}

}  // namespace
}  // namespace icom::config
