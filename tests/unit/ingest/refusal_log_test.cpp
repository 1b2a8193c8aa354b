#include "gateway/ingest/refusal_log.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "gateway/ingest/admission.hpp"

namespace icom::ingest {
namespace {

using testing::HasSubstr;

class RefusalLogTest : public testing::Test {
 protected:
  RefusalLogTest() : before_(spdlog::default_logger()) {
    auto lines = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", lines));
  }
  ~RefusalLogTest() override { spdlog::set_default_logger(before_); }

  void note(const std::string& site, link::Refused::Code code = link::Refused::WRONG_TOKEN) {
    log_.note(site, nullptr, refusal(code, "what to do"), now_);
  }
  void note_unproved(const Origin& origin, const std::string& site = "nbcc") {
    log_.note(site, &origin, refusal(link::Refused::WRONG_TOKEN, "what to do"), now_);
  }
  /// Lines since the last call.
  std::size_t lines() {
    const std::string text = text_.str();
    text_.str("");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  std::shared_ptr<spdlog::logger> before_;
  std::ostringstream text_;
  RefusalLog log_{[](const std::string& site) { return site == "nbcc" || site == "rccc"; }};
  log::RateLimit::Clock::time_point now_{std::chrono::hours(1)};
};

TEST_F(RefusalLogTest, LineSaysWhoWhyAndWhatToDo) {
  note("nbcc");
  EXPECT_THAT(text_.str(), HasSubstr("nbcc: refused, WRONG_TOKEN: what to do"));
}

TEST_F(RefusalLogTest, DesksRefusalsAreLoggedOnceInAWhileToo) {
  link::DeskRefused used;
  used.set_code(link::DeskRefused::USED);
  used.set_text("have another enrolment file made");
  for (int i = 0; i < 10; ++i) log_.note("nbcc", nullptr, used, now_);
  EXPECT_THAT(text_.str(),
              HasSubstr("nbcc: the desk refused, USED: have another enrolment file made"));
  EXPECT_EQ(lines(), 1U);
  note("nbcc");
  EXPECT_EQ(lines(), 1U) << "the link's refusal is hidden by the desk's";
}

TEST_F(RefusalLogTest, SameRefusalIsLoggedOnceInAWhileWithHowManyWereNot) {
  for (int i = 0; i < 10; ++i) note("nbcc");
  EXPECT_EQ(lines(), 1U);
  now_ += RefusalLog::kSameAgain;
  note("nbcc");
  EXPECT_THAT(text_.str(), HasSubstr("(9 "));
}

TEST_F(RefusalLogTest, OtherSitesAndOtherReasonsAreLoggedAtOnce) {
  note("nbcc");
  note("rccc");
  note("nbcc", link::Refused::MALFORMED);
  EXPECT_EQ(lines(), 3U);
}

TEST_F(RefusalLogTest, WhoHasProvedNothingIsNamedByHisAccount) {
  note_unproved({992});
  note_unproved({990, true});
  note_unproved({});
  EXPECT_THAT(text_.str(), HasSubstr("nbcc: refused, WRONG_TOKEN: what to do (from account 992, "
                                     "which has proved nothing) (0 like this not logged)"));
  EXPECT_THAT(text_.str(), HasSubstr("(from account 990, which sites come from; it has proved"));
  EXPECT_THAT(text_.str(), HasSubstr("(its account is not known, and it has proved nothing)"));
}

TEST_F(RefusalLogTest, WhoHasProvedNothingHidesNoLineOfAnotherAccountNorOfTheSite) {
  for (int i = 0; i < 10; ++i) note_unproved({992});
  EXPECT_EQ(lines(), 1U);
  note_unproved({990, true});
  EXPECT_EQ(lines(), 1U);
  note("nbcc");
  EXPECT_EQ(lines(), 1U);
}

TEST_F(RefusalLogTest, AccountsBeyondSomeShareALimitAndHideNoneThatSitesComeFrom) {
  for (os::UserId i = 0; i < 1'000; ++i) note_unproved({100'000 + i});
  EXPECT_EQ(lines(), RefusalLog::kMostOthers + 1);
  note_unproved({990, true});
  EXPECT_EQ(lines(), 1U);
  now_ += RefusalLog::kSameAgain;
  note_unproved({992});
  EXPECT_THAT(text_.str(), HasSubstr("from account 992")) << "the limit of one that is gone";
}

TEST_F(RefusalLogTest, OneWhoHasProvedNothingAndInventsNamesDoesNotFillTheLog) {
  for (std::size_t i = 0; i < 1'000; ++i) note_unproved({992}, "site" + std::to_string(i));
  EXPECT_EQ(lines(), 1U);
}

TEST_F(RefusalLogTest, InventedNamesNeitherFillTheLogNorHideASite) {
  for (std::size_t i = 0; i < 1'000; ++i) note("site" + std::to_string(i));
  EXPECT_EQ(lines(), 1U);
  note("nbcc");
  EXPECT_EQ(lines(), 1U);
}

TEST_F(RefusalLogTest, NameIsShownOnOneLine) {
  note("nb\ncc");
  EXPECT_EQ(lines(), 1U);
}

}  // namespace
}  // namespace icom::ingest
