#include "common/os/way_owner.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "common/os/not_as_root.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::os {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr UserId kOne = 54321;
constexpr UserId kOther = 54322;

class WayOwnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give folders to others";
    ::chmod(top_.path().c_str(), 0755);
  }
  fs::path folder(const fs::path& name, UserId owner = 0) {
    const fs::path made = top_.path() / name;
    fs::create_directory(made);
    EXPECT_EQ(::lchown(made.c_str(), owner, owner), 0);
    return made;
  }
  fs::path link(const fs::path& name, const fs::path& target, UserId owner) {
    const fs::path made = top_.path() / name;
    fs::create_symlink(target, made);
    EXPECT_EQ(::lchown(made.c_str(), owner, owner), 0);
    return made;
  }
  static std::string refusal(const fs::path& path) {
    try {
      const auto owner = owner_of_way(path);
      return "none: " + std::to_string(owner.user);
    } catch (const std::exception& error) {
      return error.what();
    }
  }
  TemporaryDirectory top_;
};

TEST_F(WayOwnerTest, RootsOwnLinksAreFollowedToWhereTheyLead) {
  folder("roots");
  EXPECT_EQ(owner_of_way(folder("roots/a")).user, 0U);
  folder("theirs", kOne);
  folder("theirs/in", kOne);
  EXPECT_EQ(owner_of_way(link("way", "theirs/./in/../in", 0)).user, kOne);
  EXPECT_EQ(owner_of_way(link("absolute", top_.path() / "roots", 0)).user, 0U);
}

TEST_F(WayOwnerTest, WhatIsNotThereIsDecidedByTheWayToIt) {
  folder("theirs", kOne);
  EXPECT_EQ(owner_of_way(top_.path() / "theirs/new/file").user, kOne);
  EXPECT_EQ(owner_of_way(top_.path() / "new/file").user, 0U);
}

TEST_F(WayOwnerTest, ALinkOfAnAccountOnTheWayIsNoWayToWhatIsRoots) {
  folder("roots");
  folder("roots/config");
  folder("theirs", kOne);
  const fs::path made = link("theirs/way", top_.path() / "roots", kOne);
  EXPECT_THAT(refusal(made / "config"),
              AllOf(HasSubstr("in the hands of account 54321"), HasSubstr("in those of root")));
  EXPECT_EQ(owner_of_way(made).user, kOne) << "the link itself";
}

TEST_F(WayOwnerTest, AnAccountsFolderIsNoWayToAnothers) {
  folder("one", kOne);
  folder("one/others", kOther);
  EXPECT_THAT(refusal(top_.path() / "one/others"), AllOf(HasSubstr("54321"), HasSubstr("54322")));
}

TEST_F(WayOwnerTest, AFolderInWhichEverybodyExchangesNamesIsNoWay) {
  const fs::path open = folder("open");
  folder("open/in");
  ::chmod(open.c_str(), 0777);
  EXPECT_THAT(refusal(open / "in"), HasSubstr("chmod o-w"));
  ::chmod(open.c_str(), 01777);
  EXPECT_EQ(owner_of_way(open / "in").user, 0U);
}

TEST_F(WayOwnerTest, LinksThatLeadInACircleEnd) {
  link("a", "b", 0);
  EXPECT_THAT(refusal(link("b", "a", 0)), HasSubstr("cannot look at"));
}

TEST_F(WayOwnerTest, RootRunsNoServiceByHandWhoseFolderIsAnAccounts) {
  ::unsetenv("INVOCATION_ID");
  EXPECT_EQ(why_not_as_root(folder("roots"), "icom-agent"), "");
  EXPECT_EQ(why_not_as_root(top_.path() / "nowhere", "icom-agent"), "");
  const fs::path theirs = folder("theirs", kOne);
  EXPECT_THAT(why_not_as_root(theirs, "icom-agent"),
              AllOf(HasSubstr("account 54321"), HasSubstr("systemctl start icom-agent")));
  ::setenv("INVOCATION_ID", "1", 1);
  EXPECT_EQ(why_not_as_root(theirs, "icom-agent"), "") << "a unit says as whom it runs";
  ::unsetenv("INVOCATION_ID");
}

TEST_F(WayOwnerTest, SettingsAskRootForNothingInPlacesOfOthers) {
  folder("theirs", kOne);
  const fs::path settings = top_.path() / "theirs/gateway.yaml";
  std::ofstream(settings) << "store: x\n";
  EXPECT_EQ(::lchown(settings.c_str(), kOne, kOne), 0);
  const fs::path roots = folder("roots");
  EXPECT_NO_THROW(require_same_hands(settings, {top_.path() / "theirs"}));
  EXPECT_THROW(require_same_hands(settings, {top_.path() / "theirs", roots}), std::runtime_error);
  EXPECT_THROW(require_same_hands(settings, {folder("others", kOther)}), std::runtime_error);
  EXPECT_EQ(::lchown(settings.c_str(), 0, 0), 0);
  EXPECT_NO_THROW(require_same_hands(settings, {top_.path() / "theirs"}));
  EXPECT_THROW(require_same_hands(settings, {roots}), std::runtime_error);
  const fs::path of_root = top_.path() / "roots/gateway.yaml";
  std::ofstream(of_root) << "store: x\n";
  EXPECT_NO_THROW(require_same_hands(of_root, {top_.path() / "theirs", roots}));
}

}  // namespace
}  // namespace icom::os
