#include "gateway/registration/revoke.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <tuple>

#include "common/os/machine_fault.hpp"
#include "gateway/registration/authorized_keys.hpp"
#include "gateway/registration/site_access.hpp"
#include "gateway/registration/site_book.hpp"
#include "gateway/registration/ssh_sessions.hpp"
#include "tests/unit/os/exchanged_folder.hpp"
#include "tests/unit/os/no_more_files.hpp"
#include "tests/unit/registration/registration_folder.hpp"

namespace icom::registration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class RevokeTest : public RegistrationFolder {
 protected:
  RevokeTest() { file_ = add("nbcc"); }
  config::EnrolmentFile file_;
};

TEST_F(RevokeTest, RevokedSiteHasNoKeyNoTokenAndNoEnrolment) {
  EXPECT_FALSE(revoke(places(), "nbcc", kNow).by_hand);
  const SiteAccess access = read_access(places(), "nbcc");
  EXPECT_THAT(access.tokens, IsEmpty());
  EXPECT_EQ(access.revoked, "2023-11-14T22:13:20Z");
  EXPECT_THAT(content(places().authorized_keys()), Not(HasSubstr("icom-site=nbcc")));
  EXPECT_FALSE(SiteBook(places().registration).find("nbcc")->enrolment.has_value());
  EXPECT_FALSE(std::filesystem::exists(places().token("nbcc")));
  EXPECT_TRUE(std::filesystem::exists(places().site_file("nbcc")));
}

TEST_F(RevokeTest, OtherSitesStayAsTheyAre) {
  add("rccc");
  const SiteAccess before = read_access(places(), "rccc");
  revoke(places(), "nbcc", kNow);
  EXPECT_EQ(read_access(places(), "rccc"), before);
  EXPECT_THAT(content(places().authorized_keys()), HasSubstr("icom-site=rccc"));
}

TEST_F(RevokeTest, SiteIsRevokedWhileItsFileAndItsRecordAreBroken) {
  const Places places = this->places();
  write("sites/nbcc.yaml", "site: [");
  write("registration/sites/nbcc.json", "{");
  revoke(places, "nbcc", kNow);
  EXPECT_FALSE(read_access(places, "nbcc").revoked.empty());
  EXPECT_THAT(content(places.authorized_keys()), Not(HasSubstr("icom-site=nbcc")));
}

TEST_F(RevokeTest, SiteIsRevokedWhileTheDiskFailsToReadItsRecord) {
  const auto record = folder_ / "registration/sites/nbcc.json";
  std::filesystem::remove(record);
  std::filesystem::create_symlink("/proc/self/mem", record);  // its first byte is EIO
  EXPECT_THROW(std::ignore = SiteBook(places().registration).find("nbcc"), os::MachineFault);
  revoke(places(), "nbcc", kNow);
  EXPECT_FALSE(std::filesystem::exists(places().token("nbcc")));
  EXPECT_THAT(content(places().authorized_keys()), Not(HasSubstr("icom-site=nbcc")));
  EXPECT_FALSE(read_access(places(), "nbcc").revoked.empty());
}

TEST_F(RevokeTest, SiteThatIsLetInByNothingDiffersFromOneThatNobodyHasLookedAt) {
  std::filesystem::remove(places().token("nbcc"));
  const SiteAccess access = read_access(places(), "nbcc");
  EXPECT_FALSE(access == SiteAccess{});  // or the gateway would not say why it refuses the site
  EXPECT_TRUE(access == read_access(places(), "nbcc"));
}

TEST_F(RevokeTest, SecondTimeKeepsTheTimeOfTheFirst) {
  revoke(places(), "nbcc", kNow);
  revoke(places(), "nbcc", kNow + 3600);
  EXPECT_EQ(read_access(places(), "nbcc").revoked, "2023-11-14T22:13:20Z");
}

TEST_F(RevokeTest, SiteThatIsNoneIsRefused) {
  for (const char* name : {"nowhere", "", "../nbcc"}) {
    EXPECT_THROW(revoke(places(), name, kNow), RegistrationError) << name;
  }
}

TEST_F(RevokeTest, ReconnectingMakesNothingVoidAndWritesTheRulesOfNow) {
  const std::string before = content(places().authorized_keys());
  const SiteAccess access = read_access(places(), "nbcc");
  std::filesystem::remove(places().authorized_keys());
  EXPECT_THAT(reconnect(places(), "nbcc", kNow).left, IsEmpty());
  EXPECT_EQ(content(places().authorized_keys()), before);
  EXPECT_TRUE(read_access(places(), "nbcc") == access);
  EXPECT_TRUE(std::filesystem::exists(places().token("nbcc")));
  EXPECT_THROW(reconnect(places(), "nowhere", kNow), RegistrationError);
}

TEST_F(RevokeTest, SiteWhoseKeyWasWrittenByHandIsToldOf) {
  std::filesystem::remove(folder_ / "registration/sites/nbcc.json");
  EXPECT_TRUE(revoke(places(), "nbcc", kNow).by_hand);
}

TEST_F(RevokeTest, WhatCannotBeMadeVoidIsToldAndAllElseIsDone) {
  std::filesystem::remove(places().token("nbcc"));
  write("tokens/nbcc.token/in-the-way", "");
  const Revoked result = revoke(places(), "nbcc", kNow);
  EXPECT_THAT(result.problems, testing::ElementsAre(HasSubstr("nbcc.token cannot be removed")));
  EXPECT_FALSE(read_access(places(), "nbcc").revoked.empty());
  EXPECT_THAT(content(places().authorized_keys()), Not(HasSubstr("icom-site=nbcc")));

  const Places places = this->places();
  add("rccc");
  std::filesystem::remove(places.authorized_keys());
  write("registration/authorized_keys/in-the-way", "");
  EXPECT_THAT(revoke(places, "rccc", kNow).problems, testing::SizeIs(1));
  EXPECT_FALSE(std::filesystem::exists(places.token("rccc")));
}

/// As it comes when a client offers the keys of two sites.
TEST_F(RevokeTest, ConnectionIsRememberedForEachSiteThatItAskedFor) {
  for (const char* site : {"nbcc", "rccc", "nbcc"}) {
    remember_parent_as_session(places().registration, site);
  }
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(places().registration / "sessions")) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(
      names, testing::UnorderedElementsAre(testing::EndsWith("-nbcc"), testing::EndsWith("-rccc")));
}

TEST_F(RevokeTest, ConnectionsThatCannotBeLookedAtAreNotTakenForEnded) {
  const auto registration = places().registration;
  remember_parent_as_session(registration, "nbcc");
  const auto file = *std::filesystem::directory_iterator(registration / "sessions");
  const EndedSessions without = [&registration] {
    const test::NoMoreFiles no_more;
    return end_sessions(registration, "nbcc");
  }();
  EXPECT_THAT(without.left, testing::ElementsAre(HasSubstr("cannot")));
  EXPECT_TRUE(std::filesystem::exists(file));
}

/// A number that was another process's when it was written down, and a process that is no sshd.
TEST_F(RevokeTest, ProcessThatIsNoConnectionOfSshdIsLeftAlone) {
  const pid_t bystander = ::fork();
  ASSERT_GE(bystander, 0);
  if (bystander == 0) {
    remember_parent_as_session(places().registration, "nbcc");  // that of this test program
    ::pause();
    ::_exit(0);
  }
  const auto folder = places().registration / "sessions";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!std::filesystem::exists(folder) || std::filesystem::is_empty(folder)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  write("registration/sessions/" + std::to_string(bystander) + "-1-nbcc", "");
  EXPECT_THAT(revoke(places(), "nbcc", kNow).sessions.left, IsEmpty());
  EXPECT_EQ(::waitpid(bystander, nullptr, WNOHANG), 0);
  ::kill(bystander, SIGKILL);
  ::waitpid(bystander, nullptr, 0);
}

TEST_F(RevokeTest, ForRootAServicesFolderThatIsExchangedLeadsNowhereElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who runs it for the service";
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  os::ExchangedFolder exchanged(folder_ / "service");
  ASSERT_TRUE(exchanged.made());
  Places places = this->places();
  places.registration = exchanged.name();
  revoke(places, "nbcc", kNow);
  EXPECT_THAT(os::ExchangedFolder::not_of(os::ExchangedFolder::kOwner, exchanged.theirs()),
              IsEmpty());
  exchanged.start();
  constexpr int kTimes = 60;
  for (int i = 0; i < kTimes; ++i) {
    try {
      revoke(places, "nbcc", kNow);
    } catch (const std::exception&) {
      continue;  // the link stood there
    }
  }
  exchanged.stop();
  EXPECT_TRUE(std::filesystem::is_empty(exchanged.roots()));
  EXPECT_THAT(os::ExchangedFolder::not_of(os::ExchangedFolder::kOwner, exchanged.theirs()),
              IsEmpty());
  EXPECT_EQ(::geteuid(), 0U) << "sshd's processes are root's to end";
}

}  // namespace
}  // namespace icom::registration
