#include "agent/forward/refusal_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/link/batch_codec.hpp"

namespace icom::forward {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

link::Refused refused(link::Refused::Code code, std::uint32_t protocol = link::kLinkProtocol) {
  link::Refused message;
  message.set_code(code);
  message.set_protocol(protocol);
  return message;
}

TEST(RefusalTextTest, UnknownSiteNamesTheSite) {
  const auto failure = failure_of(refused(link::Refused::UNKNOWN_SITE), "nbcc");
  EXPECT_EQ(failure.kind, FailureKind::refused);
  EXPECT_THAT(failure.what(), HasSubstr("'nbcc'"));
}

TEST(RefusalTextTest, WrongTokenNamesTheSetting) {
  EXPECT_THAT(failure_of(refused(link::Refused::WRONG_TOKEN), "nbcc").what(),
              HasSubstr("tunnel.token_file"));
}

TEST(RefusalTextTest, OfAFileOfTheGatewaysNothingIsToBeDoneHere) {
  const std::string text = failure_of(refused(link::Refused::TOKEN_UNUSABLE), "nbcc").what();
  EXPECT_TRUE(text.starts_with("the gateway cannot use its own file of this site's token")) << text;
  EXPECT_THAT(text, Not(HasSubstr("tunnel.token_file")));
}

TEST(RefusalTextTest, VersionsSayWhichSideIsOlder) {
  EXPECT_THAT(
      failure_of(refused(link::Refused::PROTOCOL_VERSION, link::kLinkProtocol + 1), "s").what(),
      HasSubstr("upgrade this site's agent"));
  EXPECT_THAT(failure_of(refused(link::Refused::PROTOCOL_VERSION, 0), "s").what(),
              HasSubstr("same release"));
}

/// It stands in the status until another attempt has failed.
TEST(RefusalTextTest, OfAGatewayThatHasShutDownItSaysThatNoneAnswersSince) {
  auto message = refused(link::Refused::SHUTTING_DOWN);
  message.set_text("the gateway is shutting down: call again");
  const auto failure = failure_of(message, "nbcc");
  EXPECT_EQ(failure.kind, FailureKind::gateway_away);
  EXPECT_THAT(failure.what(), HasSubstr("no gateway has answered since"));
  EXPECT_THAT(failure.what(), HasSubstr("have icom-gateway and its log looked at"));
  EXPECT_THAT(failure.what(), Not(HasSubstr("is shutting down")));
}

TEST(RefusalTextTest, EveryCodeGivesASentence) {
  for (int code = link::Refused::Code_MIN; code <= link::Refused::Code_MAX; ++code) {
    const auto failure = failure_of(refused(static_cast<link::Refused::Code>(code)), "nbcc");
    EXPECT_FALSE(std::string(failure.what()).empty()) << code;
  }
}

TEST(RefusalTextTest, GatewaysWordsAreQuotedWithoutControlCharacters) {
  auto message = refused(link::Refused::UNSPECIFIED);
  message.set_text("closed\nfake log line\x1b[31m" + std::string(1000, 'x'));
  const std::string text = failure_of(message, "nbcc").what();
  EXPECT_THAT(text, HasSubstr("closed?fake log line?[31m"));
  EXPECT_THAT(text, Not(HasSubstr("\n")));
  EXPECT_LT(text.size(), 800U);
}

}  // namespace
}  // namespace icom::forward
