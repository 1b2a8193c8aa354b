#include "agent/enrol/rotation.hpp"

#include <gmock/gmock.h>

#include "agent/enrol/staged_files.hpp"
#include "tests/unit/enrol/dying_site.hpp"

namespace icom::enrol {
namespace {

using testing::HasSubstr;

class RotationTest : public DyingSite {
 protected:
  RotationTest() { enrol(file_, at_site_, around()); }
  [[nodiscard]] std::string pair_in_use() const {
    return content(site().tunnel.key) + content(site().tunnel.token_file);
  }
  /// Rotates, and dies at that step. False: it had fewer steps, and is done.
  bool rotation_dies_at(int step) {
    bool died = false;
    steps_.die_at(step);
    try {
      rotate(site(), around());
    } catch (const Died&) {
      died = true;
    }
    steps_.live();
    return died;
  }
};

TEST_F(RotationTest, OldPairIsOfNoUseOnceTheNewOneIsInPlace) {
  const std::string before = content(site().tunnel.token_file);
  const auto old_key = ssh::PrivateKey::load(site().tunnel.key).public_key();
  rotate(site(), around());
  EXPECT_TRUE(pair_in_use_works());
  EXPECT_FALSE(token_is_let_in(before.substr(0, before.size() - 1)));
  EXPECT_TRUE(registration::lines_with(places().registration, old_key.fingerprint()).empty());
  EXPECT_EQ(files_at_site(), kWholeSite);
}

TEST_F(RotationTest, SiteWhoseKeyIsRefusedIsToldHowARevokedOneComesBack) {
  const std::string before = pair_in_use();
  Surroundings refused = around();
  refused.ask = [](const auto&, const auto&, const auto&) -> link::DeskAnswer {
    throw forward::LinkFailure(forward::FailureKind::authentication, "sshd does not let us in");
  };
  try {
    rotate(site(), refused);
    FAIL() << "it cannot be";
  } catch (const EnrolmentError& error) {
    EXPECT_THAT(error.what(), HasSubstr("sshd does not let us in. Nothing was changed"));
    EXPECT_THAT(error.what(), HasSubstr("icom-gateway add-site nbcc --again"));
  }
  EXPECT_EQ(pair_in_use(), before);
}

TEST_F(RotationTest, SiteThatDiesAtAnyStepHasAPairThatWorksAndTheNextRotationSucceeds) {
  int step = 1;
  for (bool died = true; died; ++step) {
    SCOPED_TRACE(step);
    died = rotation_dies_at(step);
    EXPECT_TRUE(pair_in_use_works());
    const std::string before = pair_in_use();
    rotate(site(), around());
    EXPECT_TRUE(pair_in_use_works());
    EXPECT_NE(pair_in_use(), before);
    EXPECT_EQ(registration::read_access(places(), "nbcc").tokens.size(), 1U);
    EXPECT_EQ(files_at_site(), kWholeSite);
    if (HasFailure()) return;
  }
  EXPECT_GT(step, 10);
}

TEST_F(RotationTest, SiteThatDiesAtTheSameStepAgainAndAgainHasAPairThatWorks) {
  constexpr int kMostSteps = 20;
  for (int step = 1; step <= kMostSteps; ++step) {
    for (int time = 1; time <= 3; ++time) {
      SCOPED_TRACE(std::to_string(step) + ", " + std::to_string(time));
      rotation_dies_at(step);
      ASSERT_TRUE(pair_in_use_works());
    }
  }
}

TEST_F(RotationTest, SiteThatDiesAtAnyStepIsEnrolledByANewFileAndRotatesAfterwards) {
  int step = 1;
  for (bool died = true; died; ++step) {
    SCOPED_TRACE(step);
    died = rotation_dies_at(step);
    const auto left = next_of(site().tunnel.key);
    const auto stale = std::filesystem::exists(left)
                           ? ssh::PrivateKey::load(left).public_key().fingerprint()
                           : std::string();
    enrol(add_again("nbcc"), at_site_, around());
    EXPECT_TRUE(pair_in_use_works());
    EXPECT_EQ(files_at_site(), kWholeSite);
    rotate(site(), around());
    EXPECT_TRUE(pair_in_use_works());
    EXPECT_EQ(files_at_site(), kWholeSite);
    EXPECT_TRUE(registration::lines_with(places().registration, stale).empty());
    if (HasFailure()) return;
  }
  EXPECT_GT(step, 10);
}

TEST_F(RotationTest, NewPairThatDoesNotWorkIsNotPutInPlace) {
  const std::string before = pair_in_use();
  auto surroundings = around();
  surroundings.try_link = [](const config::TunnelSettings&, const forward::Caller&) {
    throw forward::LinkFailure(forward::FailureKind::gateway_away, "no gateway");
  };
  EXPECT_THROW(rotate(site(), surroundings), forward::LinkFailure);
  EXPECT_EQ(pair_in_use(), before);
  EXPECT_TRUE(pair_in_use_works());
}

TEST_F(RotationTest, RefusalsTextMovesNoTerminalsCursor) {
  auto surroundings = around();
  surroundings.ask = [](const config::TunnelSettings&, const link::DeskRequest&,
                        const link::DeskSecret&) {
    link::DeskAnswer answer;
    answer.mutable_refused()->set_text("\x1b[2Jall is well" + std::string(5000, 'x'));
    return answer;
  };
  try {
    rotate(site(), surroundings);
    FAIL() << "rotated";
  } catch (const EnrolmentError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the gateway refuses: ?[2Jall is well"));
    EXPECT_LT(std::string_view(error.what()).size(), 1000U);
  }
}

TEST_F(RotationTest, SecondOneAtATimeIsSentAwayAndTheFirstIsNotDisturbed) {
  auto surroundings = around();
  surroundings.ask = [this, ask = surroundings.ask](const config::TunnelSettings& tunnel,
                                                    const link::DeskRequest& request,
                                                    const link::DeskSecret& secret) {
    EXPECT_THROW(rotate(site(), around()), std::runtime_error);
    return ask(tunnel, request, secret);
  };
  const std::string before = pair_in_use();
  rotate(site(), surroundings);
  EXPECT_NE(pair_in_use(), before);
  EXPECT_TRUE(pair_in_use_works());
}

TEST_F(RotationTest, RefusalIsToldAndNothingChanges) {
  const auto path = site().tunnel.token_file;
  write("etc-icom/nbcc.token", "a token that the gateway does not know\n");
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  const std::string before = pair_in_use();
  try {
    rotate(site(), around());
    FAIL() << "rotated";
  } catch (const EnrolmentError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the gateway refuses: the token is not that of site nbcc"));
  }
  EXPECT_EQ(pair_in_use(), before);
}

}  // namespace
}  // namespace icom::enrol
