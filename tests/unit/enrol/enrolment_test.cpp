#include "agent/enrol/enrolment.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

#include <array>
#include <functional>
#include <optional>

#include "common/os/account.hpp"
#include "gateway/registration/revoke.hpp"
#include "tests/unit/enrol/dying_site.hpp"

namespace icom::enrol {
namespace {

using testing::HasSubstr;
using testing::Not;

class EnrolmentTest : public DyingSite {
 protected:
  std::string refusal() {
    auto surroundings = around();
    if (fail_link_) {
      surroundings.try_link = [this](const config::TunnelSettings&, const forward::Caller&) {
        throw forward::LinkFailure(*fail_link_, "the link's failure");
      };
    }
    try {
      enrol(file_, at_site_, surroundings);
    } catch (const EnrolmentError& error) {
      return error.what();
    }
    ADD_FAILURE() << "enrolled";
    return {};
  }
  std::optional<forward::FailureKind> fail_link_;  ///< in refusal()
};

TEST_F(EnrolmentTest, SiteThatDiesAtAnyStepIsEnrolledByTheSameFileOnceItRunsAgain) {
  int step = 1;
  for (bool died = true; died; ++step) {
    SCOPED_TRACE(step);
    std::filesystem::remove_all(at_site_);
    std::filesystem::create_directory(at_site_);
    file_ = add_again("nbcc");
    died = false;
    steps_.die_at(step);
    try {
      enrol(file_, at_site_, around());
    } catch (const Died&) {
      died = true;
    }
    steps_.live();
    if (died) enrol(file_, at_site_, around());
    EXPECT_TRUE(pair_in_use_works());
    EXPECT_EQ(files_at_site(), kWholeSite);
    if (HasFailure()) return;
  }
  EXPECT_GT(step, 20);  // that many things can be cut off
}

TEST_F(EnrolmentTest, SiteThatDiesAtAnyStepIsEnrolledAlsoAfterTheFileExpiredIfTheGatewayKnew) {
  for (int step = 1;; ++step) {
    SCOPED_TRACE(step);
    std::filesystem::remove_all(at_site_);
    std::filesystem::create_directory(at_site_);
    file_ = add_again("nbcc");
    steps_.die_at(step);
    try {
      enrol(file_, at_site_, around());
      break;
    } catch (const Died&) {
    }
    steps_.live();
    const auto record = registration::SiteBook(places().registration).find("nbcc");
    if (!record->enrolment->used) continue;
    now_ = file_.expires;
    registration::write_authorized_keys(places(), now_);
    enrol(file_, at_site_, around());
    EXPECT_TRUE(pair_in_use_works());
    now_ = kNow;
  }
}

TEST_F(EnrolmentTest, ExpiredFileOfWhichNoKeyWasMadeHereIsRefusedBeforeAnybodyIsAsked) {
  now_ = file_.expires;
  auto surroundings = around();
  surroundings.reach = [](const std::string&, std::uint16_t) {
    ADD_FAILURE() << "asked";
    return Reach{};
  };
  EXPECT_THROW(enrol(file_, at_site_, surroundings), EnrolmentError);
  EXPECT_TRUE(files_at_site().empty());
}

TEST_F(EnrolmentTest, KeyThatWasMadeForOneFileIsNotEnrolledByAnotherAndIsGoneAfterwards) {
  auto surroundings = around();
  surroundings.try_link = [](const config::TunnelSettings&, const forward::Caller&) {
    throw Died();
  };
  EXPECT_THROW(enrol(file_, at_site_, surroundings), Died);
  const auto stolen = ssh::PrivateKey::load(site().tunnel.key).public_key();
  write("etc-icom/nbcc_ed25519.enrolling", "of an older release");
  write("etc-icom/.nbcc_0123456789abcdef_ed25519.enrolling.tmp", "cut off while it was written");
  registration::revoke(places(), "nbcc", now_);
  file_ = add_again("nbcc");
  enrol(file_, at_site_, around());
  EXPECT_TRUE(pair_in_use_works());
  EXPECT_TRUE(registration::lines_with(places().registration, stolen.fingerprint()).empty());
  EXPECT_EQ(files_at_site(), kWholeSite);
}

TEST_F(EnrolmentTest, SiteThatIsSetUpKeepsItsFileAndGetsNewKeys) {
  enrol(file_, at_site_, around());
  const std::string yaml = content(at_site_ / kSiteFile) + "# an operator's remark\n";
  write("etc-icom/site.yaml", yaml);
  const std::string key = content(at_site_ / "nbcc_ed25519");
  file_ = add_again("nbcc");
  enrol(file_, at_site_, around());
  EXPECT_EQ(content(at_site_ / kSiteFile), yaml);
  EXPECT_NE(content(at_site_ / "nbcc_ed25519"), key);
  EXPECT_TRUE(pair_in_use_works());
}

TEST_F(EnrolmentTest, FileThatThisMachineHasUsedIsNoAlarmWhereItIsWelcome) {
  enrol(file_, at_site_, around());
  const std::string key = content(at_site_ / "nbcc_ed25519");
  said_.clear();
  enrol(file_, at_site_, around());
  EXPECT_THAT(said_, HasSubstr("enrolled as site nbcc already"));
  EXPECT_EQ(content(at_site_ / "nbcc_ed25519"), key);
  EXPECT_EQ(files_at_site(), kWholeSite);
  // Of a site that is not welcome, somebody else may have used it.
  registration::revoke(places(), "nbcc", now_);
  EXPECT_THAT(refusal(), HasSubstr("somebody has copied it"));
}

TEST_F(EnrolmentTest, FileThatThisMachineHasUsedIsNoAlarmWhereItsLinkCannotBeTried) {
  using forward::FailureKind;
  enrol(file_, at_site_, around());
  const auto refusal_where_link_fails = [&](FailureKind kind) {
    fail_link_ = kind;
    return refusal();
  };
  for (const auto kind :
       {FailureKind::settings, FailureKind::network, FailureKind::host_key,
        FailureKind::gateway_away, FailureKind::not_the_gateway, FailureKind::protocol}) {
    const std::string why = refusal_where_link_fails(kind);
    EXPECT_THAT(why, HasSubstr("could not be tried now: the link's failure")) << name_of(kind);
    EXPECT_THAT(why, Not(HasSubstr("revoke"))) << name_of(kind);
  }
  for (const auto kind : {FailureKind::authentication, FailureKind::refused}) {
    EXPECT_THAT(refusal_where_link_fails(kind), HasSubstr("somebody has copied it"));
  }
  fail_link_.reset();
  enrol(file_, at_site_, around());
  EXPECT_THAT(said_, HasSubstr("enrolled as site nbcc already"));
  EXPECT_EQ(files_at_site(), kWholeSite);
}

TEST_F(EnrolmentTest, FileThatSomebodyElseHasUsedIsAnAlarmWhereThisMachineIsSetUpAndHasNoKey) {
  enrol(file_, at_site_, around());
  for (const char* const file : {"nbcc_ed25519", "nbcc.token"}) {
    const std::string before = content(at_site_ / file);
    std::filesystem::remove(at_site_ / file);
    EXPECT_THAT(refusal(), HasSubstr("somebody has copied it")) << file;
    write(std::string("etc-icom/") + file, before);
  }
}

TEST_F(EnrolmentTest, ExpiredFileIsNoMatterWhereThisMachineIsWelcome) {
  enrol(file_, at_site_, around());
  now_ = file_.expires;
  said_.clear();
  enrol(file_, at_site_, around());
  EXPECT_THAT(said_, HasSubstr("enrolled as site nbcc already"));
  EXPECT_EQ(files_at_site(), kWholeSite);
  fail_link_ = forward::FailureKind::gateway_away;
  EXPECT_THAT(refusal(), HasSubstr("could not be tried now"));
  fail_link_.reset();
  registration::revoke(places(), "nbcc", now_);
  EXPECT_THAT(refusal(), HasSubstr("the enrolment file expired on"));
}

TEST_F(EnrolmentTest, OtherServersKeysInTheKnownHostsStay) {
  enrol(file_, at_site_, around());
  const auto known_hosts = site().tunnel.known_hosts;
  const std::string ours = content(known_hosts);
  write("etc-icom/nbcc_known_hosts", "pacs.example ssh-ed25519 OTHER\n" + ours);
  file_ = add_again("nbcc");
  enrol(file_, at_site_, around());
  EXPECT_EQ(content(known_hosts), "pacs.example ssh-ed25519 OTHER\n" + ours);
}

TEST_F(EnrolmentTest, SitesFileThatNamesAnotherWayIsToldBeforeAnybodyIsAsked) {
  enrol(file_, at_site_, around());
  file_ = add_again("nbcc");
  const auto other = [](config::EnrolmentFile& file, int which) {
    if (which == 0) file.host += ".au";
    if (which == 1) ++file.port;
    if (which == 2) file.user += '2';
    if (which == 3) ++file.gateway.port;
  };
  constexpr std::array<const char*, 4> kKeys{"host", "port", "user", "gateway"};
  for (int which = 0; which < 4; ++which) {
    auto elsewhere = file_;
    other(elsewhere, which);
    std::swap(file_, elsewhere);
    EXPECT_THAT(refusal(), HasSubstr(std::string("tunnel.") + kKeys.at(which)));
    std::swap(file_, elsewhere);
  }
  enrol(file_, at_site_, around());  // it was not used up
  EXPECT_TRUE(pair_in_use_works());
}

TEST_F(EnrolmentTest, SecondOneAtATimeIsSentAwayAndTheFirstIsNotDisturbed) {
  auto surroundings = around();
  surroundings.ask = [this, ask = surroundings.ask](const config::TunnelSettings& tunnel,
                                                    const link::DeskRequest& request,
                                                    const link::DeskSecret& secret) {
    EXPECT_THROW(enrol(file_, at_site_, around()), std::runtime_error);
    return ask(tunnel, request, secret);
  };
  enrol(file_, at_site_, surroundings);
  EXPECT_TRUE(pair_in_use_works());
}

TEST_F(EnrolmentTest, ClockThatIsOffIsSaid) {
  auto surroundings = around();
  surroundings.now = [] { return kNow - 300; };
  enrol(file_, at_site_, surroundings);
  EXPECT_THAT(said_, HasSubstr("300 s behind"));
}

TEST_F(EnrolmentTest, FolderThatIsNotThereIsSaidBeforeAnybodyIsAsked) {
  std::filesystem::remove(at_site_);
  EXPECT_THAT(refusal(), HasSubstr("--into"));
}

TEST_F(EnrolmentTest, FolderThatIsNotOursIsSaidWithWhoseItIsBeforeAnybodyIsAsked) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another account";
  for (auto way = at_site_; way.has_relative_path(); way = way.parent_path()) {
    std::filesystem::permissions(way, std::filesystem::perms::others_exec,
                                 std::filesystem::perm_options::add);
  }
  const auto says_so = [&] {
    const std::string said = refusal();
    return said.find("is root's, and account 54321 may not write there") != std::string::npos &&
                   said.find("chown 54321 " + at_site_.string()) != std::string::npos
               ? 0
               : 1;
  };
  EXPECT_EQ(os::run_as(os::account_of(54321, 54321), says_so), 0);
}

TEST_F(EnrolmentTest, AnotherHostKeyIsAReasonForAnotherFileAndNotForALineOfOurs) {
  auto surroundings = around();
  surroundings.ask = [](const config::TunnelSettings& tunnel, const link::DeskRequest&,
                        const link::DeskSecret&) -> link::DeskAnswer {
    forward::LinkFailure failure(forward::FailureKind::host_key,
                                 "NOT the one pinned in " + tunnel.known_hosts.string());
    failure.offer = "physics.rccc.example:922 offers the host key ssh-ed25519 SHA256:x";
    throw failure;
  };
  try {
    enrol(file_, at_site_, surroundings);
    FAIL() << "enrolled";
  } catch (const EnrolmentError& error) {
    EXPECT_THAT(error.what(), HasSubstr("SHA256:x, which is NOT one of those pinned"));
    EXPECT_THAT(error.what(), HasSubstr("icom-gateway add-site nbcc --again"));
    EXPECT_THAT(error.what(), Not(HasSubstr(".enrolling")));
  }
}

TEST_F(EnrolmentTest, WayThatEndsIsToldAndNothingIsWritten) {
  auto surroundings = around();
  surroundings.reach = [](const std::string&, std::uint16_t) {
    return Reach{false, "nothing answers"};
  };
  EXPECT_THROW(enrol(file_, at_site_, surroundings), EnrolmentError);
  EXPECT_TRUE(files_at_site().empty());
}

/// What a peer that has the file's code could answer.
class HostileAnswer : public EnrolmentTest {
 protected:
  /// `change` the answer on its way; gives what the site's operator is told.
  std::string told(const std::function<void(link::Enrolled&)>& change) {
    auto surroundings = around();
    surroundings.ask = [&, ask = surroundings.ask](const config::TunnelSettings& tunnel,
                                                   const link::DeskRequest& request,
                                                   const link::DeskSecret& secret) {
      auto answer = ask(tunnel, request, secret);
      change(*answer.mutable_enrolled());
      return answer;
    };
    try {
      enrol(file_, at_site_, surroundings);
    } catch (const std::exception& error) {
      return error.what();
    }
    ADD_FAILURE() << "enrolled";
    return {};
  }
  /// The site's file with another value of a key of `tunnel`.
  static void name(link::Enrolled& answer, const std::string& key, const std::string& value) {
    std::string text = answer.site_file();
    const std::size_t begin = text.find("  " + key + ": ");
    ASSERT_NE(begin, std::string::npos);
    text.replace(begin, text.find('\n', begin) - begin, "  " + key + ": " + value);
    answer.set_site_file(text);
  }
  /// Nothing of an enrolment but what it may be gone through again by.
  void expect_nothing_written() const {
    for (const std::string& name : files_at_site()) {
      EXPECT_TRUE(name.ends_with(".enrolling")) << name;
    }
  }
};

TEST_F(HostileAnswer, TokenOfMoreThanOneLineIsNotWritten) {
  for (const std::string& token :
       {std::string("* * * * * root touch /x\n* * * * * root touch /x\n#\n"), std::string("short"),
        std::string(2000, 'x'), std::string(), std::string("sixteen and more\x1b[2J")}) {
    EXPECT_THAT(told([&](link::Enrolled& answer) { answer.set_token(token); }),
                HasSubstr("not one line"));
    expect_nothing_written();
  }
  enrol(file_, at_site_, around());
  EXPECT_TRUE(pair_in_use_works());
}

TEST_F(HostileAnswer, FileThatNamesPlacesOutsideTheFolderWritesNothing) {
  const std::string before = "of root's\n";
  const auto outside = write("outside", before);
  std::filesystem::create_directory(folder_ / "elsewhere");
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", at_site_ / "link");
  std::filesystem::create_symlink(outside, at_site_ / "linked-file");
  for (const char* const key : {"key", "known_hosts", "token_file"}) {
    for (const std::string& value :
         {outside.string(), std::string("../outside"), std::string("a/../../outside"),
          std::string("link/new"), std::string("linked-file"), std::string("no-such-folder/new")}) {
      const std::string why =
          told([&](link::Enrolled& answer) { name(answer, key, '"' + value + '"'); });
      EXPECT_THAT(why, HasSubstr(std::string("tunnel.") + key)) << value;
      EXPECT_EQ(content(outside), before) << value;
      EXPECT_TRUE(std::filesystem::is_empty(folder_ / "elsewhere")) << value;
    }
  }
  std::filesystem::remove(at_site_ / "link");
  std::filesystem::remove(at_site_ / "linked-file");
  expect_nothing_written();
}

TEST_F(HostileAnswer, WhatStandsInTheFolderAndIsNoKeyOrTokenStays) {
  const std::string yaml = "something: else\n";
  for (const char* const key : {"key", "token_file"}) {
    write("etc-icom/gateway.yaml", yaml);
    std::filesystem::permissions(at_site_ / "gateway.yaml", std::filesystem::perms(0600));
    EXPECT_THAT(told([&](link::Enrolled& answer) { name(answer, key, "gateway.yaml"); }),
                HasSubstr("something else stands in that file"));
    EXPECT_EQ(content(at_site_ / "gateway.yaml"), yaml);
    EXPECT_THAT(told([&](link::Enrolled& answer) { name(answer, key, "site.yaml"); }),
                HasSubstr("the site's file itself"));
    std::filesystem::create_directory(at_site_ / "folder");
    EXPECT_THAT(told([&](link::Enrolled& answer) { name(answer, key, "folder"); }),
                HasSubstr("no regular file"));
    std::filesystem::remove(at_site_ / "folder");
    std::filesystem::remove(at_site_ / "gateway.yaml");
  }
  EXPECT_THAT(told([&](link::Enrolled& answer) { name(answer, "token_file", "nbcc_ed25519"); }),
              HasSubstr("says the same"));
  expect_nothing_written();
}

TEST_F(HostileAnswer, FileOfAnotherAccountStays) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make one";
  write("etc-icom/nbcc.token", "a token of somebody else\n");
  ASSERT_EQ(::chown((at_site_ / "nbcc.token").c_str(), 65534, 65534), 0);
  EXPECT_THAT(told([](link::Enrolled&) {}), HasSubstr("of somebody else"));
  EXPECT_EQ(content(at_site_ / "nbcc.token"), "a token of somebody else\n");
}

TEST_F(HostileAnswer, FileOfAnotherWayOrAnotherSiteIsNotWritten) {
  EXPECT_THAT(told([&](link::Enrolled& answer) { name(answer, "host", "elsewhere.example"); }),
              HasSubstr("tunnel.host"));
  EXPECT_THAT(told([&](link::Enrolled& answer) {
                std::string text = answer.site_file();
                text.replace(text.find("\nsite: nbcc"), 11, "\nsite: rccc");
                answer.set_site_file(text);
              }),
              HasSubstr("another site's file"));
  expect_nothing_written();
}

TEST_F(HostileAnswer, AdministratorsOwnSiteFileMayNameOtherPlaces) {
  enrol(file_, at_site_, around());
  const auto keys = folder_ / "keys";
  std::filesystem::create_directory(keys);
  std::string yaml = content(at_site_ / kSiteFile);
  yaml.replace(yaml.find("key: nbcc_ed25519"), 17, "key: " + (keys / "k").string());
  write("etc-icom/site.yaml", yaml);
  file_ = add_again("nbcc");
  enrol(file_, at_site_, around());
  EXPECT_TRUE(std::filesystem::exists(keys / "k"));
  EXPECT_TRUE(pair_in_use_works());
}

TEST_F(EnrolmentTest, GatewaysFileThatIsBrokenIsNotLeftThere) {
  auto surroundings = around();  // of a newer release, say
  surroundings.ask = [ask = surroundings.ask](const config::TunnelSettings& tunnel,
                                              const link::DeskRequest& request,
                                              const link::DeskSecret& secret) {
    auto answer = ask(tunnel, request, secret);
    answer.mutable_enrolled()->set_site_file("site: nbcc\n");
    return answer;
  };
  EXPECT_THROW(enrol(file_, at_site_, surroundings), config::ConfigError);
  EXPECT_FALSE(std::filesystem::exists(at_site_ / kSiteFile));
}

}  // namespace
}  // namespace icom::enrol
