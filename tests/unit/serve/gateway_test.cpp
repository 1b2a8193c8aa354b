// The parts together: an agent's frames through ingest into a real store.
#include "gateway/serve/gateway.hpp"

#include <gmock/gmock.h>

#include "common/config/config_error.hpp"
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
  const auto tokens = read_tokens(config::load_gateway(folder_ / "gateway.yaml"));
  ASSERT_EQ(tokens.size(), 2U);
  for (const SiteToken& token : tokens) {
    EXPECT_TRUE(token.token.empty());
    EXPECT_EQ(token.problems.size(), 1U);
  }
  EXPECT_NO_THROW(open());
}

}  // namespace
}  // namespace icom::serve
