#include "gateway/readers/reader_request.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace icom::readers {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ReaderRequest, IsReadAsItWasWritten) {
  for (const ReaderRequest& request :
       {ReaderRequest{},
        ReaderRequest{.question = Question::records,
        .site = "nbcc",
        .linac = "4299",
        .patient = "a \"quoted\" ID\nwith a line",
        .since = -1,
        .with_undelivered = true,
        .json = true},
        ReaderRequest{.question = Question::export_record, .record = 4711, .format = "xz"},
        ReaderRequest{.question = Question::frames, .linac = ""},
        ReaderRequest{.question = Question::gaps, .json = true},
        ReaderRequest{.question = Question::clocks, .site = "nbcc", .linac = "4299"},
        ReaderRequest{.question = Question::sites}}) {
    std::string line = request_line(request);
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(parse_request(line), request) << line;
  }
}

TEST(ReaderRequest, WhatIsNoneIsNone) {
  for (const char* const line :
       {"", "{", "[]", "null", "\"records\"", "{}", R"({"question":"tokens"})", R"({"question":1})",
        R"({"question":"export","record":"1"})", R"({"question":"export","record":1.5})",
        R"({"question":"records","since":1e300})", R"({"question":"records","since":true})",
        R"({"question":"records","until":18446744073709551615})",
        R"({"question":"records","fields":"all"})", R"({"question":"records","all":"yes"})"}) {
    EXPECT_EQ(parse_request(line), std::nullopt) << line;
  }
  EXPECT_EQ(parse_request(std::string(4000, '[')), std::nullopt);
}

TEST(ReaderRequest, OneThatWouldBeTooLongOrIsNoTextIsNotSent) {
  EXPECT_THROW(request_line({.patient = std::string(5000, 'a')}), std::invalid_argument);
  EXPECT_THROW(request_line({.patient = "\xff"}), std::invalid_argument);
}

TEST(ReaderRequest, TheLogNamesNoPatient) {
  EXPECT_THAT(described({.patient = "SECRET"}), Not(HasSubstr("SECRET")));
  EXPECT_EQ(described({.question = Question::export_record, .record = 7}), "export of record 7");
}

}  // namespace
}  // namespace icom::readers
