#include "common/config/closed_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "common/os/account.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::error_code kClosed = std::make_error_code(std::errc::permission_denied);

TEST(ClosedFile, SaysWhoMayReadItAndWhatToDo) {
  const os::TemporaryDirectory folder;
  const auto file = folder.path() / "site.yaml";
  std::ofstream(file) << "site: nbcc\n";
  EXPECT_THAT(readable_file(file, kClosed),
              AllOf(HasSubstr("can read; it is "), HasSubstr("'s: run this as ")));
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

TEST(ClosedFile, OfAnotherErrorItSaysTheSystemsWords) {
  const auto error = std::make_error_code(std::errc::no_such_file_or_directory);
  EXPECT_EQ(readable_file("x", error), "a file that can be read (" + error.message() + ")");
}

}  // namespace
}  // namespace icom::config
