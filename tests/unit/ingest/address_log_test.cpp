#include "gateway/ingest/address_log.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

namespace icom::ingest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kHere = "192.168.17.40:1706";
const std::string kMoved = "192.168.17.44:1706";

class AddressLogTest : public testing::Test {
 protected:
  AddressLogTest() : before_(spdlog::default_logger()) {
    auto lines = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", lines));
  }
  ~AddressLogTest() override { spdlog::set_default_logger(before_); }

  /// What is logged of it, some time after the one before.
  std::string note(const std::string& at_site, const std::string& here = kHere,
                   std::chrono::minutes later = AddressLog::kSameAgain) {
    text_.str("");
    now_ += later;
    log_.note("nbcc", "4299", at_site, here, now_);
    return text_.str();
  }

  std::shared_ptr<spdlog::logger> before_;
  std::ostringstream text_;
  AddressLog log_;
  log::RateLimit::Clock::time_point now_{std::chrono::hours(1)};
};

TEST_F(AddressLogTest, TheSameAddressIsNotWorthALine) {
  EXPECT_THAT(note(kHere), IsEmpty());
}

TEST_F(AddressLogTest, WhatIsNotKnownIsNotWorthALine) {
  EXPECT_THAT(note(""), IsEmpty());
  EXPECT_THAT(note(kMoved, ""), IsEmpty());
}

TEST_F(AddressLogTest, AnotherAddressIsSaidWithBothAndWhatToDo) {
  EXPECT_THAT(note(kMoved), AllOf(HasSubstr("warning"),
                                  HasSubstr("nbcc: its agent reads Linac "
                                            "4299 at " +
                                            kMoved),
                                  HasSubstr("nbcc.yaml has " + kHere), HasSubstr("correct")));
}

TEST_F(AddressLogTest, ADifferenceIsSaidOnceUntilItIsAnotherOne) {
  note(kMoved);
  EXPECT_THAT(note(kMoved), IsEmpty());
  EXPECT_THAT(note("192.168.17.45:1706"), HasSubstr("192.168.17.45:1706"));
  EXPECT_THAT(note("192.168.17.45:1706", "192.168.17.46:1706"), HasSubstr("has 192.168.17.46"));
}

TEST_F(AddressLogTest, ItsEndIsSaidOnceAndTheSameDifferenceAfterwardsAgain) {
  note(kMoved);
  EXPECT_THAT(note(kMoved, kMoved), HasSubstr("same address of Linac 4299 again"));
  EXPECT_THAT(note(kMoved, kMoved), IsEmpty());
  EXPECT_THAT(note(kMoved), HasSubstr(kMoved));
}

TEST_F(AddressLogTest, TwoAgentsThatDisagreeDoNotFillTheLog) {
  int lines = 0;
  for (int minute = 0; minute < 60; ++minute) {
    for (const std::string& at : {kMoved, kHere}) {
      if (!note(at, kHere, std::chrono::minutes(minute % 2)).empty()) ++lines;
    }
  }
  EXPECT_GE(lines, 2);
  EXPECT_LE(lines, 13);
}

TEST_F(AddressLogTest, WhatCouldNotBeSaidIsSaidTheNextTime) {
  note(kMoved);
  EXPECT_THAT(note("other:1706", kHere, std::chrono::minutes(1)), IsEmpty());
  EXPECT_THAT(note("other:1706"), HasSubstr("other:1706"));
}

TEST_F(AddressLogTest, AnAgentsTextForgesNoLine) {
  EXPECT_THAT(note("x\n2026-03-02 error all is lost\x1b[31m"),
              AllOf(Not(HasSubstr("\n2026")), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace icom::ingest
