#include "gateway/registration/add_site.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <map>

#include "gateway/registration/secrets.hpp"
#include "gateway/registration/site_book.hpp"
#include "tests/unit/os/exchanged_folder.hpp"
#include "tests/unit/os/odd_files.hpp"
#include "tests/unit/registration/registration_folder.hpp"

namespace icom::registration {
namespace {

using std::filesystem::perms;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AddSiteTest : public RegistrationFolder {
 protected:
  /// Every file below the folder, but for the book's lock.
  [[nodiscard]] std::map<std::string, std::string> all_files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file() && entry.path().filename() != "lock") {
        files[entry.path().string()] = content(entry.path());
      }
    }
    return files;
  }
  /// What add_site() says; nothing may have changed.
  std::string refusal(const NewSite& site) const {
    const auto before = all_files();
    std::string said;
    try {
      add_site(settings(), site, kNow);
      ADD_FAILURE() << "was added";
    } catch (const RegistrationError& error) {
      said = error.what();
    }
    EXPECT_EQ(all_files(), before);
    return said;
  }
};

TEST_F(AddSiteTest, AnOutputThatIsNoFileIsRefusedAndStays) {
  add("nbcc");
  std::filesystem::create_directory(folder_ / "odd");
  for (const os::OddFile& odd : os::make_odd_files(folder_ / "odd")) {
    SCOPED_TRACE(odd.kind);
    NewSite again = wanted("nbcc");
    again.again = true;
    again.output = odd.path;
    const auto before = os::kind_of(odd.path);
    EXPECT_THAT(refusal(again), HasSubstr(odd.path.string() + " is a"));
    NewSite other = wanted("sash");
    other.output = odd.path;
    EXPECT_THAT(refusal(other), HasSubstr(odd.path.string() + " is "));
    EXPECT_EQ(os::kind_of(odd.path), before);
  }
}

TEST_F(AddSiteTest, SiteIsReadableTokenUsableAndEnrolmentWhole) {
  const auto file = add("nbcc");
  const auto sites = config::load_gateway(config_).sites;
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_EQ(sites[0].site, "nbcc");
  EXPECT_EQ(sites[0].timezone, "Australia/Sydney");
  EXPECT_TRUE(sites[0].linacs.empty());
  EXPECT_EQ(sites[0].tunnel.host, "physics.rccc.example");
  EXPECT_EQ(sites[0].tunnel.port, 38471);
  EXPECT_EQ(sites[0].tunnel.gateway, (config::Address{"127.0.0.1", 7600}));
  EXPECT_EQ(sites[0].tunnel.key, folder_ / "sites/nbcc_ed25519");
  EXPECT_EQ(config::read_secret(places().token("nbcc")).size(), 64U);

  EXPECT_EQ(file.site, "nbcc");
  EXPECT_EQ(file.expires, kNow + kWeek);
  EXPECT_EQ(file.host, "physics.rccc.example");
  EXPECT_EQ(file.port, 38471);
  EXPECT_EQ(file.user, "icom");
  EXPECT_EQ(file.host_keys.size(), 1U);
  EXPECT_EQ(file.gateway.port, 7600);
  EXPECT_EQ(std::filesystem::status(folder_ / "nbcc.enrol").permissions(),
            perms::owner_read | perms::owner_write);
}

TEST_F(AddSiteTest, GatewayKeepsNoSecretOfTheEnrolmentFile) {
  const auto file = add("nbcc");
  std::filesystem::remove(folder_ / "nbcc.enrol");
  for (const auto& [name, text] : all_files()) {
    EXPECT_THAT(text, Not(HasSubstr(file.code))) << name;
    EXPECT_THAT(text, Not(HasSubstr(file.private_key.substr(100, 40)))) << name;
  }
  const auto record = SiteBook(places().registration).find("nbcc");
  EXPECT_EQ(record->enrolment->code_hash, hash_of(file.code));
}

TEST_F(AddSiteTest, SiteThatIsThereIsRefused) {
  add("nbcc");
  EXPECT_THAT(refusal(wanted("nbcc")), HasSubstr("--again"));
}

TEST_F(AddSiteTest, AgainMakesTheFileBeforeVoidAndKeepsTheRest) {
  const auto first = add("nbcc");
  const std::string yaml = content(places().site_file("nbcc"));
  const std::string token = content(places().token("nbcc"));
  const auto second = add_again("nbcc");
  EXPECT_NE(first.code, second.code);
  EXPECT_NE(first.private_key, second.private_key);
  EXPECT_EQ(second.timezone, "Australia/Sydney");
  EXPECT_EQ(SiteBook(places().registration).find("nbcc")->enrolment->code_hash,
            hash_of(second.code));
  EXPECT_EQ(content(places().site_file("nbcc")), yaml);
  EXPECT_EQ(content(places().token("nbcc")), token);
}

TEST_F(AddSiteTest, TokenOfARotationOfASiteThatIsGoneDoesNotLetTheNewOneIn) {
  write("tokens/nbcc.next.token", std::string(64, 'a') + "\n");
  add("nbcc");
  EXPECT_FALSE(std::filesystem::exists(places().next_token("nbcc")));
}

TEST_F(AddSiteTest, AgainIsForASiteThatIsThere) {
  NewSite again = wanted("nbcc");
  again.again = true;
  EXPECT_THAT(refusal(again), HasSubstr("there is no site nbcc"));
}

TEST_F(AddSiteTest, WrongNamesAndZonesAreRefused) {
  NewSite zone = wanted("nbcc");
  zone.timezone = "Australia/Sidney";
  EXPECT_THAT(refusal(zone), HasSubstr("Australia/Sidney"));
  for (const char* name :
       {"", "nb cc", "../nbcc", "nbcc.next", "an-overlong-name-of-33-letters-xx"}) {
    NewSite site = wanted("x");
    site.site = name;
    EXPECT_THAT(refusal(site), HasSubstr("no name for a site")) << name;
  }
}

TEST_F(AddSiteTest, SettingsWithoutATunnelAreRefusedWithWhatToDo) {
  const std::string text = settings_text();
  write("gateway.yaml", text.substr(0, text.find("tunnel:")));
  EXPECT_THAT(refusal(wanted("nbcc")), HasSubstr("no `tunnel`"));
}

TEST_F(AddSiteTest, HostKeyThatIsNoneOrOfNoUseIsRefused) {
  write("host.pub", "not a key\n");
  EXPECT_THAT(refusal(wanted("nbcc")), HasSubstr("host.pub"));
  std::filesystem::remove(folder_ / "host.pub");
  ASSERT_EQ(::mkfifo((folder_ / "host.pub").c_str(), 0600), 0);
  EXPECT_THAT(refusal(wanted("nbcc")), HasSubstr("host.pub")) << "and nobody waits for it";
  std::filesystem::remove(folder_ / "host.pub");
  write("host.pub", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ== root@physics\n");
  EXPECT_THAT(refusal(wanted("nbcc")), HasSubstr("ssh_host_ed25519_key.pub"));
}

TEST_F(AddSiteTest, EnrolmentFileOfAnotherIsNotOverwritten) {
  write("nbcc.enrol", "somebody else's");
  EXPECT_THAT(refusal(wanted("nbcc")), HasSubstr("--output"));
}

/// Where a folder should be that can be written, a file is: that stops root too.
TEST_F(AddSiteTest, AnOutputWhereThisAccountMayNotLookIsRefusedWithWhatToDo) {
  NewSite site = wanted("sash");
  site.output = folder_ / std::string(300, 'x') / "x.enrol";  // what root cannot look at either
  EXPECT_THAT(refusal(site), HasSubstr("cannot write " + site.output.string() + " ("));
  EXPECT_THAT(refusal(site), HasSubstr("give --output a file in a folder that this account can"));
}

TEST_F(AddSiteTest, PlaceThatCannotBeWrittenChangesNothing) {
  NewSite nowhere = wanted("nbcc");
  nowhere.output = folder_ / "missing" / "nbcc.enrol";
  EXPECT_THAT(refusal(nowhere), HasSubstr("nothing was changed"));

  std::filesystem::remove(folder_ / "tokens");
  write("tokens", "a file");
  refusal(wanted("nbcc"));
  std::filesystem::remove(folder_ / "tokens");

  std::filesystem::create_directory(folder_ / "sites/.nbcc.yaml.tmp");  // nor can this be replaced
  refusal(wanted("nbcc"));
  std::filesystem::remove(folder_ / "sites/.nbcc.yaml.tmp");
  EXPECT_NO_THROW(add_site(settings(), wanted("nbcc"), kNow));
}

TEST_F(AddSiteTest, WhatRootWritesIsTheFoldersOwnersAndHeIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who runs it for another account";
  constexpr uid_t kService = 54321;
  constexpr uid_t kPhysicist = 54322;
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  std::filesystem::create_directory(folder_ / "home");
  ASSERT_EQ(::chown((folder_ / "home").c_str(), kPhysicist, kPhysicist), 0);
  std::filesystem::create_directory(folder_ / "registration");
  for (const char* name : {"registration", "sites", "tokens"}) {
    ASSERT_EQ(::chown((folder_ / name).c_str(), kService, kService), 0);
  }
  EXPECT_EQ(add_site(settings(), wanted("rccc"), kNow).owner, std::nullopt) << "a folder of root's";
  NewSite site = wanted("nbcc");
  site.output = folder_ / "home/nbcc.enrol";
  EXPECT_EQ(add_site(settings(), site, kNow).owner, kPhysicist);
  EXPECT_THAT(os::ExchangedFolder::not_of(kPhysicist, folder_ / "home"), IsEmpty());
  for (const char* name : {"registration", "sites", "tokens"}) {
    EXPECT_THAT(os::ExchangedFolder::not_of(kService, folder_ / name), IsEmpty());
  }
}

TEST_F(AddSiteTest, ForRootALinkInSomebodysFolderShowsHimNothingThatHeMayNotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who runs it for another account";
  constexpr uid_t kService = 54321;
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  const auto secret = write("secret", "root's alone");
  ASSERT_EQ(::chmod(secret.c_str(), 0600), 0);
  const auto link = places().next_token("nbcc");
  std::filesystem::create_symlink(secret, link);
  // So that a step after it fails, and what was done is undone.
  std::filesystem::create_directories(folder_ / "sites/.nbcc.yaml.tmp/in-the-way");
  for (const char* name : {"sites", "tokens"}) {
    ASSERT_EQ(::chown((folder_ / name).c_str(), kService, kService), 0);
  }
  EXPECT_THROW(add_site(settings(), wanted("nbcc"), kNow), RegistrationError);
  EXPECT_TRUE(std::filesystem::is_symlink(link)) << content(link);
}

TEST_F(AddSiteTest, ForRootAnOutputFolderThatIsExchangedLeadsNowhereElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who runs it for another account";
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  os::ExchangedFolder exchanged(folder_ / "home");
  ASSERT_TRUE(exchanged.made());
  exchanged.start();
  constexpr int kSites = 60;
  for (int i = 0; i < kSites; ++i) {
    NewSite site = wanted("s" + std::to_string(i));
    site.output = exchanged.name() / (site.site + ".enrol");
    try {
      add_site(settings(), site, kNow);
    } catch (const std::exception&) {
      continue;  // the link stood there
    }
  }
  exchanged.stop();
  EXPECT_TRUE(std::filesystem::is_empty(exchanged.roots()));
  EXPECT_THAT(os::ExchangedFolder::not_of(os::ExchangedFolder::kOwner, exchanged.theirs()),
              IsEmpty());
}

}  // namespace
}  // namespace icom::registration
