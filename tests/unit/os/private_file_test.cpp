#include "common/os/private_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

TEST(PrivateFile, IsOneThatNobodyElseMayReadOrWrite) {
  const TemporaryDirectory folder;
  const auto file = folder.path() / "secret";
  std::ofstream(file) << "secret";
  for (unsigned mode = 0400; mode <= 0777; ++mode) {
    std::filesystem::permissions(file, std::filesystem::perms(mode));
    bool owners = false;
    bool groups = false;
    EXPECT_FALSE(is_private(file, Access::owner, owners));
    EXPECT_FALSE(is_private(file, Access::group, groups));
    EXPECT_EQ(owners, (mode & 0077U) == 0) << std::oct << mode;
    EXPECT_EQ(groups, (mode & 0037U) == 0) << std::oct << mode;
  }
}

TEST(PrivateFile, ThatIsNotThereIsAnError) {
  bool is = false;
  EXPECT_EQ(is_private("/nowhere/secret", Access::owner, is), std::errc::no_such_file_or_directory);
}

TEST(PrivateFile, IsMadeSoByACommandThatIsTold) {
  EXPECT_EQ(how_to_make_private(Access::owner, "/etc/icom/key"), "chmod 600 /etc/icom/key");
  EXPECT_EQ(how_to_make_private(Access::group, "it"), "chmod 0640 it");
}

}  // namespace
}  // namespace icom::os
