// Whoever answers at the gateway's port, and does not know the site's token.
#include "agent/forward/proof_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <optional>
#include <vector>

#include "agent/forward/link_session.hpp"
#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/proof.hpp"
#include "tests/unit/forward/answering_pipe.hpp"

namespace icom::forward {
namespace {

namespace asio = boost::asio;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kToken = "the token of nbcc, thirty-two ..";

/// As a gateway reads: what bears a seal is of no interest to those who do not know the token.
template <typename Answer>
AnsweringPipe::Answer of_messages(Answer answer) {
  return [answer = std::move(answer)](const std::string& bytes) mutable {
    link::ToGateway read;
    return read.ParseFromString(bytes) ? std::optional<std::string>(answer(read)) : std::nullopt;
  };
}

/// The one who knows the token.
class KnowingGateway {
 public:
  explicit KnowingGateway(std::string token = kToken) : token_(std::move(token)) {}
  std::optional<std::string> operator()(const link::ToGateway& message) {
    link::ToAgent answer;
    if (message.has_hello()) {
      transcript = {link::kLinkPurpose, message.hello().protocol(), message.hello().site(),
                    message.hello().nonce(), link::make_nonce()};
      answer.mutable_challenge()->set_nonce(transcript.gateway_nonce);
    } else if (message.has_proof()) {
      answer.mutable_proof()->set_mac(link::proof_of(link::Role::gateway, token_, transcript));
    } else {
      return std::nullopt;
    }
    return answer.SerializeAsString();
  }
  link::Transcript transcript;

 private:
  std::string token_;
};

std::optional<LinkFailure> failure_of_session(AnsweringPipe& pipe) {
  asio::io_context io;
  LinacStreams none;
  LinkSession session(io.get_executor(), pipe, none, {"nbcc", kToken, "test", "127.0.0.1:7600"},
                      {[] { return link::Status(); }, [] {}}, {});
  std::optional<LinkFailure> failure;
  asio::co_spawn(io, session.run(), [&](const std::exception_ptr& thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const LinkFailure& caught) {
      failure = caught;
    }
  });
  io.run();
  return failure;
}

std::string welcome() {
  link::ToAgent message;
  message.mutable_welcome()->set_max_unacknowledged_bytes(1U << 20U);
  return message.SerializeAsString();
}

void expect_nothing_secret(const AnsweringPipe& pipe) {
  for (const std::string& message : pipe.written) {
    EXPECT_EQ(message.find(kToken), std::string::npos);
  }
}

TEST(ProofExchange, OneWhoAnswersWelcomeAtOnceIsNotBelievedAndSentNothing) {
  AnsweringPipe pipe([](const std::string&) { return welcome(); });
  const auto failure = failure_of_session(pipe);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::not_the_gateway);
  EXPECT_THAT(failure->what(), HasSubstr("127.0.0.1:7600 of the hosting site does not know this "
                                         "site's token: another program has taken the port"));
  EXPECT_EQ(pipe.written.size(), 1U);
  expect_nothing_secret(pipe);
}

TEST(ProofExchange, OneWhoProvesWithAnotherTokenIsNotBelievedAndSentNothing) {
  AnsweringPipe pipe(of_messages(KnowingGateway("another token")));
  const auto failure = failure_of_session(pipe);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::not_the_gateway);
  EXPECT_EQ(pipe.written.size(), 2U) << "Hello and our proof, no Linac";
  expect_nothing_secret(pipe);
}

TEST(ProofExchange, OurOwnProofSentBackProvesNothing) {
  KnowingGateway gateway;
  AnsweringPipe pipe(of_messages([&](const link::ToGateway& message) -> std::optional<std::string> {
    if (!message.has_proof()) return gateway(message);
    link::ToAgent answer;
    *answer.mutable_proof() = message.proof();
    return answer.SerializeAsString();
  }));
  EXPECT_EQ(failure_of_session(pipe)->kind, FailureKind::not_the_gateway);
}

TEST(ProofExchange, AProofOfBeforeProvesNothing) {
  KnowingGateway gateway;
  std::string proof;
  AnsweringPipe first(of_messages([&](const link::ToGateway& message) {
    auto answer = gateway(message);
    if (message.has_proof()) proof = *answer;
    return answer;
  }));
  failure_of_session(first);
  ASSERT_FALSE(proof.empty());
  link::ToAgent challenge;
  challenge.mutable_challenge()->set_nonce(gateway.transcript.gateway_nonce);
  AnsweringPipe again(of_messages([&](const link::ToGateway& message) {
    return message.has_proof() ? proof : challenge.SerializeAsString();
  }));
  EXPECT_EQ(failure_of_session(again)->kind, FailureKind::not_the_gateway);
}

TEST(ProofExchange, WhateverElseIsSaidBeforeTheProofIsNoGateway) {
  link::ToAgent short_nonce;
  short_nonce.mutable_challenge()->set_nonce("short");
  link::ToAgent ack;
  ack.mutable_ack()->add_positions()->set_seq(std::uint64_t{1} << 62U);
  link::ToAgent change;
  change.mutable_registration()->mutable_linac()->set_accepted(true);
  link::ToAgent challenge;
  challenge.mutable_challenge()->set_nonce(link::make_nonce());
  const std::string unknown("\x78\x00", 2);  // a field that nobody knows
  std::string of_many_parts = challenge.SerializeAsString();
  for (std::size_t i = 0; i < link::kMaxUnprovedParts; ++i) of_many_parts += unknown;
  std::string too_long = challenge.SerializeAsString();
  too_long += "\x7A\x80\x20" + std::string(link::kMaxUnprovedBytes, 'x');  // one more
  for (const std::string& bytes :
       {short_nonce.SerializeAsString(), ack.SerializeAsString(), change.SerializeAsString(),
        std::string(), std::string("HTTP/1.1 200 OK"), std::string(1U << 20U, 'x'), of_many_parts,
        too_long}) {
    AnsweringPipe pipe([&](const std::string&) { return bytes; });
    EXPECT_EQ(failure_of_session(pipe)->kind, FailureKind::not_the_gateway) << bytes.substr(0, 20);
    EXPECT_EQ(pipe.written.size(), 1U);
  }
}

TEST(ProofExchange, AWelcomeWithoutASealIsNotBelieved) {
  KnowingGateway gateway;
  const AnsweringPipe::Answer answer_unsealed = of_messages(std::ref(gateway));
  std::size_t heard = 0;
  AnsweringPipe pipe([&](const std::string& bytes) {
    constexpr std::size_t kWithoutASeal = 2;  // Hello and Proof
    return ++heard > kWithoutASeal ? std::optional(welcome()) : answer_unsealed(bytes);
  });
  const auto failure = failure_of_session(pipe);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::not_the_gateway);
  EXPECT_THAT(failure->what(), HasSubstr("does not bear the gateway's seal"));
  EXPECT_EQ(pipe.written.size(), 3U);
}

TEST(ProofExchange, AGatewayOfBeforeIsToldFromAWrongOne) {
  AnsweringPipe pipe([](const std::string&) {
    link::ToAgent answer;
    answer.mutable_refused()->set_code(link::Refused::PROTOCOL_VERSION);
    answer.mutable_refused()->set_protocol(1);
    return answer.SerializeAsString();
  });
  const auto failure = failure_of_session(pipe);
  ASSERT_TRUE(failure.has_value());
  EXPECT_EQ(failure->kind, FailureKind::refused);
  EXPECT_THAT(failure->what(),
              HasSubstr("the gateway speaks link protocol 1, this agent 2: upgrade "
                        "the gateway"));
  EXPECT_EQ(pipe.written.size(), 1U) << "no other greeting is tried";
  expect_nothing_secret(pipe);
}

TEST(ProofExchange, ARefusalBeforeTheProofIsToldAsUnproved) {
  AnsweringPipe pipe([](const std::string&) {
    link::ToAgent answer;
    answer.mutable_refused()->set_code(link::Refused::REVOKED);
    return answer.SerializeAsString();
  });
  EXPECT_THAT(failure_of_session(pipe)->what(), HasSubstr("is not proved"));
}

}  // namespace
}  // namespace icom::forward
