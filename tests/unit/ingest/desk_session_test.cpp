// The gateway's end of the desk, with whoever may be at the other.
#include <gtest/gtest.h>

#include <atomic>

#include "common/link/desk_seal.hpp"
#include "common/link/proof.hpp"
#include "tests/unit/ingest/captured_log.hpp"
#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

const std::string kCode(64, 'c');

/// Of one site that may enrol.
class FakeDesk final : public Desk {
 public:
  std::variant<std::vector<std::string>, link::DeskAnswer> secrets_for(
      const link::DeskRequest& /*request*/) override {
    return std::vector<std::string>{link::secret_of_code(kCode).key};
  }
  link::DeskAnswer refuse_proof(const link::DeskRequest& /*hello*/) override {
    link::DeskAnswer answer;
    answer.mutable_refused()->set_code(link::DeskRefused::WRONG_CODE);
    return answer;
  }
  link::DeskAnswer answer(const link::DeskRequest& /*request*/,
                          const link::DeskSecret& /*secret*/) override {
    ++answered;
    link::DeskAnswer answer;
    answer.mutable_enrolled()->set_token("the new token, sixteen or more");
    return answer;
  }
  std::atomic<int> answered = 0;
};

/// A site that talks to it, step by step.
class DeskSessionTest : public IngestTest {
 protected:
  DeskSessionTest() {
    IngestServer::Options options;
    options.desk = &desk_;
    start(std::move(options));
    agent_.emplace(server_->port(), link::kDeskPath);
  }
  ~DeskSessionTest() override { server_.reset(); }

  link::DeskAnswer receive() {
    link::DeskAnswer answer;
    const auto bytes = agent_->receive_bytes();
    EXPECT_TRUE(bytes && answer.ParseFromString(*bytes));
    return answer;
  }
  void say_hello() {
    request_.set_protocol(link::kDeskProtocol);
    request_.set_site("nbcc");
    request_.mutable_hello()->set_secret(link::DeskHello::CODE);
    request_.mutable_hello()->set_nonce(transcript_.agent_nonce);
    request_.mutable_hello()->set_share(transcript_.agent_share);
    agent_->send_bytes(request_.SerializeAsString());
    const link::DeskAnswer challenge = receive();
    transcript_.gateway_nonce = challenge.challenge().nonce();
    transcript_.gateway_share = challenge.challenge().share();
  }
  link::DeskAnswer prove(const std::string& secret) {
    request_.mutable_proof()->set_mac(link::proof_of(link::Role::agent, secret, transcript_));
    agent_->send_bytes(request_.SerializeAsString());
    return receive();
  }
  [[nodiscard]] std::string key(link::Role sender) const {
    const auto agreed = share_.agreed_with(transcript_.gateway_share);
    return link::desk_key(sender, secret_, transcript_, agreed.value());
  }
  /// What is asked, and answered, once both have proved themselves.
  link::DeskAnswer ask(const std::string& site) {
    link::DeskRequest request;
    request.set_protocol(link::kDeskProtocol);
    request.set_site(site);
    request.mutable_enrol()->set_public_key("ssh-ed25519 AAAA");
    agent_->send_bytes(link::encrypt_once(key(link::Role::agent), request.SerializeAsString()));
    const auto plain =
        link::decrypt(key(link::Role::gateway), agent_->receive_bytes().value_or(""));
    link::DeskAnswer answer;
    EXPECT_TRUE(plain && answer.ParseFromString(*plain));
    return answer;
  }

  FakeDesk desk_;
  std::optional<TestAgent> agent_;
  const std::string secret_ = link::secret_of_code(kCode).key;
  link::DeskShare share_;
  link::DeskRequest request_;
  link::Transcript transcript_{link::purpose_of(link::DeskHello::CODE),
                               link::kDeskProtocol,
                               "nbcc",
                               link::make_nonce(),
                               {},
                               share_.public_part(),
                               {}};
};

TEST_F(DeskSessionTest, WhoProvesTheSecretIsProvedTheSameAndAnswered) {
  say_hello();
  const link::DeskAnswer proof = prove(secret_);
  EXPECT_TRUE(link::proves(proof.proof().mac(), link::Role::gateway, secret_, transcript_));
  EXPECT_EQ(ask("nbcc").enrolled().token(), "the new token, sixteen or more");
  EXPECT_EQ(desk_.answered, 1);
}

TEST_F(DeskSessionTest, WhoDoesNotKnowTheSecretGetsNothingFromWhichToGuessIt) {
  say_hello();
  const link::DeskAnswer answer = prove(link::secret_of_code(std::string(64, 'd')).key);
  EXPECT_EQ(answer.refused().code(), link::DeskRefused::WRONG_CODE);
  EXPECT_FALSE(answer.has_proof());
  EXPECT_FALSE(agent_->receive_bytes().has_value());
  EXPECT_EQ(desk_.answered, 0);
}

TEST_F(DeskSessionTest, TheLineOfOneWhoHasProvedNothingSaysSo) {
  const CapturedLog log;
  say_hello();
  EXPECT_EQ(prove("guessed").refused().code(), link::DeskRefused::WRONG_CODE);
  server_.reset();
  EXPECT_THAT(log.text(), testing::HasSubstr("(from account " + std::to_string(os::own_user()) +
                                             ", which has proved nothing)"));
}

TEST_F(DeskSessionTest, TheLineOfOneWhoHasProvedHimselfDoesNot) {
  const CapturedLog log;
  say_hello();
  prove(secret_);
  EXPECT_TRUE(ask("another").has_refused());
  server_.reset();
  EXPECT_THAT(log.text(), testing::HasSubstr("nbcc: the desk refused, MALFORMED"));
  EXPECT_THAT(log.text(), testing::Not(testing::HasSubstr("proved nothing")));
}

TEST_F(DeskSessionTest, TheGatewaysOwnProofSentBackProvesNothing) {
  say_hello();
  request_.mutable_proof()->set_mac(link::proof_of(link::Role::gateway, secret_, transcript_));
  agent_->send_bytes(request_.SerializeAsString());
  EXPECT_EQ(receive().refused().code(), link::DeskRefused::WRONG_CODE);
}

TEST_F(DeskSessionTest, RequestForAnotherSiteThanTheProofIsRefused) {
  say_hello();
  ASSERT_TRUE(prove(secret_).has_proof());
  EXPECT_EQ(ask("rccc").refused().code(), link::DeskRefused::MALFORMED);
  EXPECT_EQ(desk_.answered, 0);
}

TEST_F(DeskSessionTest, HelloOfManyPartsIsRefused) {
  request_.set_protocol(link::kDeskProtocol);
  request_.set_site("nbcc");
  const std::string unknown("\x78\x00", 2);  // a field that nobody knows
  std::string bytes = request_.SerializeAsString();
  for (int i = 0; i < 1000; ++i) bytes += unknown;
  agent_->send_bytes(bytes);
  EXPECT_EQ(receive().refused().text(), "the request cannot be read");
}

}  // namespace
}  // namespace icom::ingest
