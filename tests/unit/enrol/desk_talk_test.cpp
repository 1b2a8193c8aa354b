// The site's end of the desk, with whoever may be at the other.
#include "agent/enrol/desk_talk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <vector>

#include "agent/forward/link_failure.hpp"
#include "common/link/limits.hpp"
#include "common/link/proof.hpp"
#include "tests/unit/forward/answering_pipe.hpp"

namespace icom::enrol {
namespace {

namespace asio = boost::asio;
using forward::AnsweringPipe;
using forward::FailureKind;
using forward::LinkFailure;
using ::testing::HasSubstr;

const std::string kCode(64, 'c');

/// A gateway that knows this secret, and enrols whoever proves the same.
class Gateway {
 public:
  explicit Gateway(std::string secret = link::secret_of_code(kCode).key)
      : secret_(std::move(secret)) {}

  std::optional<std::string> operator()(const std::string& bytes) {
    link::DeskAnswer answer;
    if (++message_ == 1) {
      link::DeskRequest hello;
      hello.ParseFromString(bytes);
      agreed_ = share_.agreed_with(hello.hello().share()).value();
      transcript_ = {link::purpose_of(hello.hello().secret()),
                     hello.protocol(),
                     hello.site(),
                     hello.hello().nonce(),
                     link::make_nonce(),
                     hello.hello().share(),
                     share_.public_part()};
      answer.mutable_challenge()->set_nonce(transcript_.gateway_nonce);
      answer.mutable_challenge()->set_share(transcript_.gateway_share);
      return answer.SerializeAsString();
    }
    if (message_ == 2) {
      link::DeskRequest proof;
      proof.ParseFromString(bytes);
      agent_proved = link::proves(proof.proof().mac(), link::Role::agent, secret_, transcript_);
      answer.mutable_proof()->set_mac(link::proof_of(link::Role::gateway, secret_, transcript_));
      return answer.SerializeAsString();
    }
    const auto plain =
        link::decrypt(link::desk_key(link::Role::agent, secret_, transcript_, agreed_), bytes);
    if (plain) asked.emplace().ParseFromString(*plain);
    answer.mutable_enrolled()->set_token("the new token, sixteen or more");
    return link::encrypt_once(link::desk_key(link::Role::gateway, secret_, transcript_, agreed_),
                              answer.SerializeAsString());
  }

  bool agent_proved = false;
  std::optional<link::DeskRequest> asked;

 private:
  std::string secret_;
  int message_ = 0;
  link::DeskShare share_;
  std::string agreed_;
  link::Transcript transcript_;
};

struct Outcome {
  link::DeskAnswer answer;
  std::optional<LinkFailure> failure;
};

Outcome talk(AnsweringPipe& pipe) {
  link::DeskRequest request;
  request.set_protocol(link::kDeskProtocol);
  request.set_site("nbcc");
  request.mutable_enrol()->set_public_key("ssh-ed25519 AAAA");
  const link::DeskSecret secret = link::secret_of_code(kCode);
  asio::io_context io;
  Outcome outcome;
  asio::co_spawn(io, talk_to_desk(pipe, request, secret, "127.0.0.1:7600"),
                 [&](const std::exception_ptr& thrown, const std::string& bytes) {
                   try {
                     if (thrown) std::rethrow_exception(thrown);
                     EXPECT_TRUE(outcome.answer.ParseFromString(bytes));
                   } catch (const LinkFailure& failure) {
                     outcome.failure = failure;
                   }
                 });
  io.run();
  return outcome;
}

TEST(DeskTalk, BothProveThemselvesAndNothingSecretIsWritten) {
  Gateway gateway;
  AnsweringPipe pipe(std::ref(gateway));
  const Outcome outcome = talk(pipe);
  EXPECT_EQ(outcome.answer.enrolled().token(), "the new token, sixteen or more");
  EXPECT_TRUE(gateway.agent_proved);
  ASSERT_TRUE(gateway.asked.has_value());
  EXPECT_EQ(gateway.asked->enrol().public_key(), "ssh-ed25519 AAAA");
  for (const std::string& message : pipe.written) {
    for (const std::string& secret :
         {kCode, link::secret_of_code(kCode).key, std::string("ssh-ed25519 AAAA")}) {
      EXPECT_EQ(message.find(secret), std::string::npos);
    }
  }
}

TEST(DeskTalk, OneWhoDoesNotKnowTheSecretIsNotBelievedAndNotAsked) {
  Gateway gateway(link::secret_of_code(std::string(64, 'd')).key);
  AnsweringPipe pipe(std::ref(gateway));
  const Outcome outcome = talk(pipe);
  ASSERT_TRUE(outcome.failure.has_value());
  EXPECT_EQ(outcome.failure->kind, FailureKind::not_the_gateway);
  EXPECT_THAT(outcome.failure->what(), HasSubstr("another program has taken the gateway's port"));
  EXPECT_EQ(pipe.written.size(), 2U);
}

TEST(DeskTalk, OneWhoAnswersAtOnceIsNotBelieved) {
  link::DeskAnswer enrolled;
  enrolled.mutable_enrolled()->set_token("a token of his own");
  link::DeskAnswer no_share;
  no_share.mutable_challenge()->set_nonce(link::make_nonce());
  for (const std::string& bytes : {enrolled.SerializeAsString(), no_share.SerializeAsString(),
                                   std::string(), std::string(100'000, 'x')}) {
    AnsweringPipe pipe([&](const std::string&) { return bytes; });
    const Outcome outcome = talk(pipe);
    ASSERT_TRUE(outcome.failure.has_value());
    EXPECT_EQ(outcome.failure->kind, FailureKind::not_the_gateway);
    EXPECT_EQ(pipe.written.size(), 1U);
  }
}

TEST(DeskTalk, AnAnswerThatWasChangedIsNotBelieved) {
  Gateway gateway;
  int message = 0;
  AnsweringPipe pipe([&](const std::string& bytes) {
    auto answer = gateway(bytes);
    if (++message == 3) answer->front() = static_cast<char>(answer->front() ^ 1);
    return answer;
  });
  EXPECT_EQ(talk(pipe).failure->kind, FailureKind::not_the_gateway);
}

TEST(DeskTalk, ARefusalBeforeTheProofIsToldAsUnproved) {
  link::DeskAnswer refused;
  refused.mutable_refused()->set_code(link::DeskRefused::WRONG_CODE);
  refused.mutable_refused()->set_text("use the newest\x1b[2J");
  AnsweringPipe pipe([&](const std::string&) { return refused.SerializeAsString(); });
  const Outcome outcome = talk(pipe);
  EXPECT_THAT(outcome.answer.refused().text(), HasSubstr("use the newest?[2J (that it is"));
  EXPECT_EQ(outcome.answer.gateway_time(), 0);
}

}  // namespace
}  // namespace icom::enrol
