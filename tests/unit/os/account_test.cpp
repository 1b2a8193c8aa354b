#include "common/os/account.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>

#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

TEST(Account, ByNumberAndByName) {
  ASSERT_TRUE(account_named("root"));
  EXPECT_EQ(account_named("root"), account_named("0"));
  EXPECT_EQ(account_named("root")->name, "root");
  EXPECT_FALSE(account_named("no-such-account"));
  EXPECT_EQ(account_of(54321, 7), (Account{54321, 7, {7}, "54321"}));
}

TEST(Account, OfAProcess) {
  const auto mine = account_of_process(::getpid());
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->user, own_account().user);
  EXPECT_EQ(mine->group, own_account().group);
  EXPECT_EQ(mine->name, own_account().name);
  EXPECT_FALSE(account_of_process(0));
  EXPECT_TRUE(is_own_group(mine->group));
}

TEST(Account, WhatIsDoneAsItHasItsRightsAndNoMoreAndTheCallerKeepsItsOwn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another account";
  const TemporaryDirectory folder;
  const auto secret = folder.path() / "secret";
  std::ofstream(secret) << "root's";
  std::filesystem::permissions(
      folder.path(), std::filesystem::perms::owner_all | std::filesystem::perms::others_exec);
  std::filesystem::permissions(secret, std::filesystem::perms::owner_read);
  const auto reads = [&] {
    return (::access(secret.c_str(), R_OK) == 0 ? 1 : 0) + (::seteuid(0) == 0 ? 2 : 0) +
           (::getgroups(0, nullptr) == 1 ? 0 : 4);
  };
  EXPECT_EQ(run_as(account_of(54321, 54321), reads), 0);
  EXPECT_EQ(::geteuid(), 0U);
  EXPECT_EQ(::access(secret.c_str(), R_OK), 0);
}

TEST(Account, WhatItThrowsIsThrownAndWhatIsKilledIsSaid) {
  try {
    run_as(own_account(), []() -> int { throw std::invalid_argument("a fault"); });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "a fault");
  }
  EXPECT_THROW(run_as(own_account(), [] { return ::raise(SIGKILL); }), std::runtime_error);
}

}  // namespace
}  // namespace icom::os
