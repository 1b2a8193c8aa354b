// The gateway's end of the desk, with whoever may be at the other.
#include <gtest/gtest.h>

#include "tests/unit/ingest/captured_log.hpp"
#include "tests/unit/ingest/desk_client.hpp"
#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

class DeskSessionTest : public IngestTest {
 protected:
  DeskSessionTest() {
    IngestServer::Options options;
    options.desk = &desk_;
    start(std::move(options));
    site_.emplace(server_->port(), "nbcc");
  }
  ~DeskSessionTest() override { server_.reset(); }

  FakeDesk desk_;
  std::optional<DeskClient> site_;
};

TEST_F(DeskSessionTest, WhoProvesTheSecretIsProvedTheSameAndAnswered) {
  site_->say_hello();
  const link::DeskAnswer proof = site_->prove(kDeskSecret);
  EXPECT_TRUE(
      link::proves(proof.proof().mac(), link::Role::gateway, kDeskSecret, site_->transcript()));
  EXPECT_EQ(site_->ask("nbcc").enrolled().token(), "the new token, sixteen or more");
  EXPECT_THAT(desk_.asked(), testing::ElementsAre("nbcc"));
}

TEST_F(DeskSessionTest, WhoDoesNotKnowTheSecretGetsNothingFromWhichToGuessIt) {
  site_->say_hello();
  const link::DeskAnswer answer = site_->prove(link::secret_of_code(std::string(64, 'd')).key);
  EXPECT_EQ(answer.refused().code(), link::DeskRefused::WRONG_CODE);
  EXPECT_FALSE(answer.has_proof());
  EXPECT_FALSE(site_->agent.receive_bytes().has_value());
  EXPECT_THAT(desk_.asked(), testing::IsEmpty());
}

TEST_F(DeskSessionTest, TheLineOfOneWhoHasProvedNothingSaysSo) {
  const CapturedLog log;
  site_->say_hello();
  EXPECT_EQ(site_->prove("guessed").refused().code(), link::DeskRefused::WRONG_CODE);
  server_.reset();
  EXPECT_THAT(log.text(), testing::HasSubstr("(from account " + std::to_string(os::own_user()) +
                                             ", which has proved nothing)"));
}

TEST_F(DeskSessionTest, TheLineOfOneWhoHasProvedHimselfDoesNot) {
  const CapturedLog log;
  site_->say_hello();
  site_->prove(kDeskSecret);
  EXPECT_TRUE(site_->ask("another").has_refused());
  server_.reset();
  EXPECT_THAT(log.text(), testing::HasSubstr("nbcc: the desk refused, MALFORMED"));
  EXPECT_THAT(log.text(), testing::Not(testing::HasSubstr("proved nothing")));
}

TEST_F(DeskSessionTest, TheGatewaysOwnProofSentBackProvesNothing) {
  site_->say_hello();
  const auto mac = link::proof_of(link::Role::gateway, kDeskSecret, site_->transcript());
  EXPECT_EQ(site_->send_proof(mac).refused().code(), link::DeskRefused::WRONG_CODE);
}

TEST_F(DeskSessionTest, RequestForAnotherSiteThanTheProofIsRefused) {
  site_->say_hello();
  ASSERT_TRUE(site_->prove(kDeskSecret).has_proof());
  EXPECT_EQ(site_->ask("rccc").refused().code(), link::DeskRefused::MALFORMED);
  EXPECT_THAT(desk_.asked(), testing::IsEmpty());
}

TEST_F(DeskSessionTest, HelloOfManyPartsIsRefused) {
  const std::string unknown("\x78\x00", 2);  // a field that nobody knows
  std::string bytes = DeskClient::request("nbcc").SerializeAsString();
  for (int i = 0; i < 1000; ++i) bytes += unknown;
  site_->agent.send_bytes(bytes);
  EXPECT_EQ(site_->receive().refused().text(), "the request cannot be read");
}

}  // namespace
}  // namespace icom::ingest
