// The parts together: an agent's frames through ingest into a real store.
#include "gateway/serve/gateway.hpp"

#include <gmock/gmock.h>

#include "common/config/config_error.hpp"
#include "gateway/registration/site_book.hpp"
#include "tests/unit/ingest/ingest_fixture.hpp"
#include "tests/unit/serve/gateway_folder.hpp"

namespace icom::serve {
namespace {

class GatewayTest : public GatewayFolder {
 protected:
  std::unique_ptr<Gateway> open() const {
    const config::GatewaySettings loaded = config::load_gateway(config_);
    return std::make_unique<Gateway>(loaded);
  }
  /// Says Hello with run 77; gives what is stored of it.
  std::uint64_t hello(ingest::TestAgent& agent) const {
    link::ToGateway message;
    *message.mutable_hello() = ingest::example_hello({77});
    agent.send(message);
    const auto answer = agent.receive();
    EXPECT_TRUE(answer.has_value() && answer->has_welcome());
    return answer->welcome().linacs(0).stored(0).seq();
  }
  static void send_frames(ingest::TestAgent& agent, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t seq = first; seq <= last; ++seq) {
      const ByteVector bytes = ingest::example_frame(seq);
      link::LinkEntry entry;
      entry.linac = 1;
      entry.run = 77;
      entry.seq = seq;
      entry.bytes = bytes;
      agent.encoder.add(entry);
    }
    agent.send_batch();
  }
};

TEST_F(GatewayTest, AcknowledgedFramesAreThereAfterARestart) {
  auto gateway = open();
  gateway->start();
  {
    ingest::TestAgent agent(port_);
    EXPECT_EQ(hello(agent), 0U);
    send_frames(agent, 1, 40);
    const auto ack = agent.receive();
    ASSERT_TRUE(ack.has_value() && ack->has_ack());
    EXPECT_EQ(ack->ack().positions(0).seq(), 40U);
  }
  gateway.reset();

  gateway = open();
  gateway->start();
  ingest::TestAgent agent(port_);
  EXPECT_EQ(hello(agent), 40U);
}

TEST_F(GatewayTest, StopEndsAllAndMayBeCalledAgain) {
  const auto gateway = open();
  gateway->start();
  ingest::TestAgent agent(port_);
  hello(agent);
  std::thread stopping([&] { gateway->stop(std::chrono::seconds(30)); });
  const auto goodbye = agent.receive();
  ASSERT_TRUE(goodbye.has_value() && goodbye->has_refused());
  EXPECT_EQ(goodbye->refused().code(), link::Refused::SHUTTING_DOWN);
  EXPECT_FALSE(agent.receive().has_value());
  stopping.join();
  gateway->stop(std::chrono::seconds(30));
}

TEST_F(GatewayTest, SecondGatewayOnTheSameStoreIsRefused) {
  const auto gateway = open();
  write("gateway.yaml",
        config::with(settings(), std::to_string(port_), std::to_string(free_port())));
  EXPECT_THROW(open(), std::runtime_error);
}

TEST_F(GatewayTest, TokensThatCannotBeUsedAreReportedAndStopNobody) {
  std::string other = config::with(config::kSite, "site: nbcc", "site: rccc");
  other = config::with(config::with(other, "\"4299\"", "\"2619\""), "\"9183\"", "\"2694\"");
  write("sites/rccc.yaml", other);
  write_token("nbcc", "short");
  for (const char* site : {"nbcc", "rccc"}) {
    const auto access = registration::read_access(
        registration::places_of(config::load_gateway(folder_ / "gateway.yaml")), site);
    EXPECT_TRUE(access.tokens.empty());
    EXPECT_EQ(access.problems.size(), 1U);
  }
  EXPECT_NO_THROW(open());
}

/// As icom-gateway revoke leaves it.
void revoke(const std::filesystem::path& folder) {
  registration::SiteRecord record;
  record.site = "nbcc";
  record.revoked = 1'700'000'000;
  std::filesystem::create_directories(folder / "store/registration/sites");
  registration::SiteBook(folder / "store/registration").save(record);
}

TEST_F(GatewayTest, AgentOfASiteThatIsRevokedIsToldSinceWhenAndCutOff) {
  const auto gateway = open();
  gateway->start();
  ingest::TestAgent agent(port_);
  hello(agent);
  revoke(folder_);
  gateway->refresh_access();
  const auto goodbye = agent.receive();
  ASSERT_TRUE(goodbye.has_value() && goodbye->has_refused());
  EXPECT_EQ(goodbye->refused().code(), link::Refused::REVOKED);
  EXPECT_NE(goodbye->refused().text().find("2023-11-14T22:13:20Z"), std::string::npos);
  EXPECT_FALSE(agent.receive().has_value());

  ingest::TestAgent again(port_);
  link::ToGateway message;
  *message.mutable_hello() = ingest::example_hello({77});
  again.send(message);
  EXPECT_EQ(again.receive()->refused().code(), link::Refused::REVOKED);
}

TEST_F(GatewayTest, TokenThatIsPutRightCountsWithoutARestart) {
  write_token("nbcc", "short");
  const auto gateway = open();
  gateway->start();
  link::ToGateway message;
  *message.mutable_hello() = ingest::example_hello({77});
  ingest::TestAgent refused(port_);
  refused.send(message);
  EXPECT_EQ(refused.receive()->refused().code(), link::Refused::WRONG_TOKEN);
  write_token("nbcc", kToken);
  gateway->refresh_access();
  ingest::TestAgent agent(port_);
  EXPECT_EQ(hello(agent), 0U);
}

}  // namespace
}  // namespace icom::serve
