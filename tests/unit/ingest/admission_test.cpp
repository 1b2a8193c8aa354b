#include "gateway/ingest/admission.hpp"

#include <array>
#include <vector>

#include "common/link/forked_run.hpp"
#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

using testing::HasSubstr;
using testing::Not;

class AdmissionTest : public testing::Test {
 protected:
  std::variant<Admission, link::Refused> answer(const link::Hello& hello) {
    return answer(hello, registry_);
  }
  /// Of a token in clear; what follows once the site is known is the same after a proof.
  std::variant<Admission, link::Refused> answer(const link::Hello& hello,
                                                const SiteRegistry& registry) {
    auto site = let_in_by_clear_token(hello, registry);
    if (const auto* const refused = std::get_if<link::Refused>(&site)) return *refused;
    return admit(std::get<std::shared_ptr<const RegisteredSite>>(site), hello, registry, sink_,
                 &newcomers_, 1'000);
  }
  Admission accepted(const link::Hello& hello) { return std::get<Admission>(answer(hello)); }
  link::Refused refused(const link::Hello& hello) { return std::get<link::Refused>(answer(hello)); }

  SiteRegistry registry_{example_sites()};
  NotedNewcomers newcomers_;
  FakeSink sink_;
};

TEST_F(AdmissionTest, SiteWithItsTokenIsAcceptedForItsLinacs) {
  const Admission admission = accepted(example_hello());
  EXPECT_EQ(admission.site->site, "nbcc");
  ASSERT_EQ(admission.linacs.size(), 2U);
  EXPECT_EQ(admission.linacs.at(1).id, k4299);
  EXPECT_EQ(admission.linacs.at(2).id, k9183);
  EXPECT_EQ(admission.welcome.protocol(), link::kLinkProtocol);
  EXPECT_EQ(admission.welcome.max_unacknowledged_bytes(), 1'000U);
}

TEST_F(AdmissionTest, StoredPositionsAreToldForEachRunAskedFor) {
  sink_.set_stored(k4299, 77, 500);
  const Admission admission = accepted(example_hello({76, 77}));
  const link::LinacWelcome& linac = admission.welcome.linacs(0);
  ASSERT_EQ(linac.stored_size(), 2);
  EXPECT_EQ(linac.stored(0).run(), 76U);
  EXPECT_EQ(linac.stored(0).seq(), 0U);
  EXPECT_EQ(linac.stored(1).run(), 77U);
  EXPECT_EQ(linac.stored(1).seq(), 500U);
}

TEST_F(AdmissionTest, RunsThatFollowFromAForkAreToldWithWhatStandsAtTheirPositions) {
  const std::uint64_t second = link::run_after_fork(77, 500, 11);
  const std::uint64_t third = link::run_after_fork(second, 30, 12);
  sink_.set_stored(k4299, 77, 500, 11);
  sink_.set_stored(k4299, second, 30, 12);
  sink_.set_stored(k4299, third, 40, 13);
  const Admission admission = accepted(example_hello({77, 76}));
  std::vector<std::array<std::uint64_t, 3>> told;
  for (const link::Position& one : admission.welcome.linacs(0).stored()) {
    told.push_back({one.run(), one.seq(), one.fingerprint()});
  }
  EXPECT_THAT(told, testing::ElementsAre(std::array<std::uint64_t, 3>{77, 500, 11},
                                         std::array<std::uint64_t, 3>{second, 30, 12},
                                         std::array<std::uint64_t, 3>{third, 40, 13},
                                         std::array<std::uint64_t, 3>{76, 0, 0}));
}

TEST_F(AdmissionTest, AllRunsOfALinacAreLookedUpByOneQuery) {
  std::vector<std::uint64_t> runs;
  for (std::uint64_t run = 1; run <= 1'000; ++run) runs.push_back(run);
  const Admission admission = accepted(example_hello(runs));
  EXPECT_EQ(admission.welcome.linacs(0).stored_size(), 1'000);
  EXPECT_EQ(sink_.look_ups(), 1U);  // of 9183 the spool holds none
}

TEST_F(AdmissionTest, OfForksInARowNoMoreAreLookedUpThanAnAgentFollows) {
  std::uint64_t run = 77;
  for (int i = 0; i < 100; ++i) {
    sink_.set_stored(k4299, run, 500, 11);
    run = link::run_after_fork(run, 500, 11);
  }
  const Admission admission = accepted(example_hello({77}));
  EXPECT_EQ(admission.welcome.linacs(0).stored_size(), link::kMostForks + 1);
}

TEST_F(AdmissionTest, RunsBeyondTheBoundAreLeftUnanswered) {
  const std::vector<std::uint64_t> runs(kMaxRunsAnswered + 1, 5);
  const Admission admission = accepted(example_hello(runs));
  EXPECT_EQ(static_cast<std::size_t>(admission.welcome.linacs(0).stored_size()), kMaxRunsAnswered);
  EXPECT_TRUE(admission.welcome.linacs(1).accepted());
}

TEST_F(AdmissionTest, LinacThatIsNotTheSitesIsDeclinedAndOthersGoOn) {
  link::Hello hello = example_hello();
  add_spool(hello, "2619", 3, {77});  // rccc's
  add_spool(hello, "0000", 4);        // nobody's
  const Admission admission = accepted(hello);
  EXPECT_EQ(admission.linacs.size(), 2U);
  for (const int index : {2, 3}) {
    const link::LinacWelcome& linac = admission.welcome.linacs(index);
    EXPECT_FALSE(linac.accepted());
    EXPECT_EQ(linac.stored_size(), 0);
  }
  EXPECT_THAT(admission.welcome.linacs(2).reason(), HasSubstr("registered for another site"));
  EXPECT_THAT(admission.welcome.linacs(3).reason(), HasSubstr("not registered for site nbcc"));
}

TEST_F(AdmissionTest, EveryOtherVersionIsRefusedAndToldWhichSideToUpgrade) {
  const link::Refused newer = version_refusal(link::kLinkProtocol + 1);
  EXPECT_EQ(newer.code(), link::Refused::PROTOCOL_VERSION);
  EXPECT_EQ(newer.protocol(), link::kLinkProtocol);
  EXPECT_THAT(newer.text(), HasSubstr("upgrade the gateway"));
  EXPECT_THAT(version_refusal(0).text(), HasSubstr("upgrade the agent"));
}

TEST_F(AdmissionTest, TokenInClearIsTakenUntilTheSiteHasProvedItself) {
  EXPECT_TRUE(std::holds_alternative<Admission>(answer(example_hello())));
  EXPECT_TRUE(registry_.find("nbcc")->credentials.takes_clear_token());
  Credentials nbcc = registry_.find("nbcc")->credentials;
  EXPECT_TRUE(nbcc.note_proved());
  EXPECT_FALSE(nbcc.note_proved()) << "no news";
  nbcc.set({kToken}, {});
  EXPECT_EQ(refused(example_hello()).code(), link::Refused::PROTOCOL_VERSION);
  EXPECT_THAT(refused(example_hello()).text(), HasSubstr("upgrade the agent"));
  EXPECT_TRUE(registry_.takes_clear_tokens()) << "of rccc";
}

TEST_F(AdmissionTest, UnknownSiteIsRefusedWithWhatToDo) {
  link::Hello hello = example_hello();
  hello.set_site("sash");
  EXPECT_EQ(refused(hello).code(), link::Refused::UNKNOWN_SITE);
  EXPECT_THAT(refused(hello).text(), HasSubstr("add sash.yaml"));
}

TEST_F(AdmissionTest, EveryWrongTokenIsRefusedAndNoneIsShown) {
  std::vector<std::string> wrong{"", kToken + "x", "the token of rccc, thirty-two .."};
  for (std::size_t i = 0; i < kToken.size(); ++i) {
    wrong.push_back(kToken.substr(0, i));
    wrong.push_back(kToken);
    wrong.back()[i] ^= 1;
  }
  for (const std::string& token : wrong) {
    link::Hello hello = example_hello();
    hello.set_token(token);
    const link::Refused answer = refused(hello);
    EXPECT_EQ(answer.code(), link::Refused::WRONG_TOKEN) << token;
    EXPECT_THAT(answer.text(), Not(HasSubstr("thirty-two")));
  }
}

TEST_F(AdmissionTest, SiteWithoutATokenLetsNobodyIn) {
  const SiteRegistry registry(std::vector<RegisteredSite>{{"nbcc", {}, {}}});
  link::Hello hello = example_hello();
  hello.set_token("");
  const auto decision = answer(hello, registry);
  EXPECT_EQ(std::get<link::Refused>(decision).code(), link::Refused::TOKEN_UNUSABLE);
}

TEST_F(AdmissionTest, LinacNamedTwiceIsMalformed) {
  link::Hello same_number = example_hello();
  add_spool(same_number, "1111", 1);
  EXPECT_EQ(refused(same_number).code(), link::Refused::MALFORMED);
  link::Hello same_serial = example_hello();
  add_spool(same_serial, "4299", 3);
  EXPECT_EQ(refused(same_serial).code(), link::Refused::MALFORMED);
}

TEST_F(AdmissionTest, MoreLinacsThanASiteMayHaveAreMalformed) {
  link::Hello hello = example_hello();
  for (std::uint32_t i = 2; i < link::kMaxSpools; ++i) add_spool(hello, std::to_string(i), 10 + i);
  EXPECT_TRUE(std::holds_alternative<Admission>(answer(hello)));
  add_spool(hello, "one more", 5);
  EXPECT_EQ(refused(hello).code(), link::Refused::MALFORMED);
}

TEST_F(AdmissionTest, PeersTextCannotForgeLogLines) {
  link::Hello hello = example_hello();
  hello.set_site("x\n2026-03-02 error all is lost\x1b[31m" + std::string(500, 'y'));
  const std::string text = refused(hello).text();
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_LT(text.size(), 400U);
}

}  // namespace
}  // namespace icom::ingest
