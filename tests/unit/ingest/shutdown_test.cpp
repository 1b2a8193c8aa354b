// Both phases of the server's end, and an end at every moment of a session.
#include <thread>

#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
namespace websocket = boost::beast::websocket;

class ShutdownTest : public IngestTest {};

TEST_F(ShutdownTest, SubmittedBatchesAreAcknowledgedThenAgentsAreTold) {
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  ASSERT_TRUE(sink_.wait_for_held(1));
  std::thread stopping([this] { server_->stop(seconds(30)); });
  ASSERT_TRUE(sink_.answer(true));
  const auto ack = agent->receive();
  EXPECT_TRUE(ack.has_value() && ack->has_ack());
  EXPECT_EQ(refusal_and_end(*agent).code(), link::Refused::SHUTTING_DOWN);
  EXPECT_EQ(agent->reason().code, websocket::close_code::going_away);
  stopping.join();
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ShutdownTest, IdleAgentsAreToldAtOnce) {
  start();
  const auto agent = welcome_agent();
  std::thread stopping([this] { server_->stop(seconds(30)); });
  EXPECT_EQ(refusal_and_end(*agent).code(), link::Refused::SHUTTING_DOWN);
  stopping.join();
}

TEST_F(ShutdownTest, WhatIsNotOverAfterTheGraceIsDropped) {
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  ASSERT_TRUE(sink_.wait_for_held(1));
  server_->stop(milliseconds(20));  // the sink never answers
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_FALSE(agent->receive().has_value());
}

TEST_F(ShutdownTest, SessionThatIsNotReadFurtherIsDroppedToo) {
  IngestServer::Options options;
  options.session.max_unacknowledged_bytes = 1;
  options.session.max_waiting_bytes = 1;
  start(options);
  const auto agent = welcome_agent();
  for (std::uint64_t seq = 1; seq <= 5; ++seq) send_frame(*agent, 1, seq);
  ASSERT_TRUE(sink_.wait_for_held(1));
  server_->stop(milliseconds(0));
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ShutdownTest, NobodyIsAcceptedAfterwards) {
  start();
  const std::uint16_t port = server_->port();
  server_->stop(seconds(1));
  EXPECT_TRUE(TestAgent(port).opened());
}

TEST_F(ShutdownTest, AnswersOfTheSinkMayComeAfterTheServerHasGone) {
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  ASSERT_TRUE(sink_.wait_for_held(1));
  server_.reset();
  EXPECT_TRUE(sink_.answer(true));
}

TEST_F(ShutdownTest, AnswersOfTheSinkMayComeWhileTheServerGoes) {
  for (int i = 0; i < 20; ++i) {
    start();
    const auto agent = welcome_agent();
    send_frame(*agent, 1, 1);
    send_frame(*agent, 2, 1);
    ASSERT_TRUE(sink_.wait_for_held(2));
    std::thread answering([this] { sink_.answer_all(true); });
    server_.reset();
    answering.join();
  }
}

TEST_F(ShutdownTest, AgentsMayVanishAtAnyMoment) {
  sink_.answers_at_once();
  start();
  for (int steps = 0; steps < 5; ++steps) {
    const auto agent = connect();
    if (steps == 1) agent->send(hello_of("nbcc"));
    if (steps == 2) agent->prove("nbcc", kToken);
    if (steps > 2) greet(*agent, example_hello());
    if (steps > 3) send_frame(*agent, 1, 1);
    agent->drop();
  }
  EXPECT_TRUE(greet(*connect(), example_hello()).has_welcome());
}

TEST_F(ShutdownTest, ServerThatWasNeverStartedGoesQuietly) {
  IngestServer server({}, registry_, sink_, board_);
  server.stop(seconds(1));
}

TEST_F(ShutdownTest, AgentsGoodbyeTakesItOffTheBoard) {
  start();
  const auto agent = welcome_agent();
  agent->close();
  server_->stop(seconds(5));
  EXPECT_EQ(board_.agents("nbcc"), 0U);
}

}  // namespace
}  // namespace icom::ingest
