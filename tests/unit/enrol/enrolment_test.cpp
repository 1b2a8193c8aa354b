#include "agent/enrol/enrolment.hpp"

#include <gmock/gmock.h>

#include <array>

#include "gateway/registration/revoke.hpp"
#include "tests/unit/enrol/dying_site.hpp"

namespace icom::enrol {
namespace {

using testing::HasSubstr;

class EnrolmentTest : public DyingSite {
 protected:
  std::string refusal() {
    try {
      enrol(file_, at_site_, around());
    } catch (const EnrolmentError& error) {
      return error.what();
    }
    ADD_FAILURE() << "enrolled";
    return {};
  }
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
                                                    const link::DeskRequest& request) {
    EXPECT_THROW(enrol(file_, at_site_, around()), std::runtime_error);
    return ask(tunnel, request);
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

TEST_F(EnrolmentTest, WayThatEndsIsToldAndNothingIsWritten) {
  auto surroundings = around();
  surroundings.reach = [](const std::string&, std::uint16_t) {
    return Reach{false, "nothing answers"};
  };
  EXPECT_THROW(enrol(file_, at_site_, surroundings), EnrolmentError);
  EXPECT_TRUE(files_at_site().empty());
}

TEST_F(EnrolmentTest, GatewaysFileThatIsBrokenIsNotLeftThere) {
  auto surroundings = around();  // of a newer release, say
  surroundings.ask = [ask = surroundings.ask](const config::TunnelSettings& tunnel,
                                              const link::DeskRequest& request) {
    auto answer = ask(tunnel, request);
    answer.mutable_enrolled()->set_site_file("site: nbcc\n");
    return answer;
  };
  EXPECT_THROW(enrol(file_, at_site_, surroundings), config::ConfigError);
  EXPECT_FALSE(std::filesystem::exists(at_site_ / kSiteFile));
}

}  // namespace
}  // namespace icom::enrol
