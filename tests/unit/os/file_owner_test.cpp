#include "common/os/file_owner.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

TEST(FileOwner, RootsOwnGroupIsOneThatNobodyElseIsIn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files to any group";
  const TemporaryDirectory folder;
  const auto file = folder.path() / "file";
  EXPECT_FALSE(is_of_roots_own_group(file)) << "it is not there";
  std::ofstream(file) << "x";
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  EXPECT_TRUE(is_of_roots_own_group(file));
  ASSERT_EQ(::chown(file.c_str(), 0, 54321), 0);
  EXPECT_FALSE(is_of_roots_own_group(file)) << "nobody is in it";
  constexpr gid_t kDaemon = 1;
  ASSERT_EQ(::chown(file.c_str(), 0, kDaemon), 0);
  EXPECT_FALSE(is_of_roots_own_group(file)) << "somebody else is";
}

}  // namespace
}  // namespace icom::os
