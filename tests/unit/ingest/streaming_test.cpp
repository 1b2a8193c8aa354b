// Frames, acknowledgements, flow control, reconnection.
#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

using std::chrono::milliseconds;
namespace websocket = boost::beast::websocket;

class StreamingTest : public IngestTest {
 protected:
  static FakeSink::Kept kept_frame(store::LinacId linac, std::uint64_t seq,
                                   std::uint64_t run = 77) {
    return {linac, EntryKind::frame, run, seq, std::string(as_text(example_frame(seq)))};
  }
  static void expect_ack(TestAgent& agent, std::uint32_t number, std::uint64_t run,
                         std::uint64_t seq) {
    const auto message = agent.receive();
    ASSERT_TRUE(message.has_value() && message->has_ack());
    ASSERT_EQ(message->ack().positions_size(), 1);
    const link::LinacPosition& position = message->ack().positions(0);
    EXPECT_EQ(position.linac(), number);
    EXPECT_EQ(position.run(), run);
    EXPECT_EQ(position.seq(), seq);
  }
};

TEST_F(StreamingTest, FrameIsAcknowledgedOnceItIsStored) {
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 5);
  ASSERT_TRUE(sink_.wait_for_held(1));
  ASSERT_TRUE(sink_.answer(true));
  expect_ack(*agent, 1, 77, 5);
  EXPECT_THAT(sink_.kept(), testing::ElementsAre(kept_frame(k4299, 5)));
}

TEST_F(StreamingTest, NothingIsAcknowledgedBeforeItIsStored) {
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  ASSERT_TRUE(sink_.wait_for_held(1));
  EXPECT_TRUE(agent->receives_nothing_for(milliseconds(100)));
}

TEST_F(StreamingTest, BatchThatCannotBeStoredIsNotAcknowledgedAndEndsTheConnection) {
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  ASSERT_TRUE(sink_.wait_for_held(1));
  ASSERT_TRUE(sink_.answer(false));
  EXPECT_FALSE(agent->receive().has_value());
  EXPECT_EQ(agent->end(), websocket::error::closed);
  EXPECT_EQ(agent->reason().code, websocket::close_code::try_again_later);
}

TEST_F(StreamingTest, BatchesFollowEachOtherIntoTheSinkWithoutWaitingForAnswers) {
  start();
  const auto agent = welcome_agent();
  for (std::uint64_t seq = 1; seq <= 5; ++seq) send_frame(*agent, 1, seq);
  EXPECT_TRUE(sink_.wait_for_held(5));
}

TEST_F(StreamingTest, BatchesOfASessionAtTheSinkAreBounded) {
  IngestServer::Options options;
  options.session.max_unacknowledged_bytes = 1;
  start(options);
  const auto agent = welcome_agent();
  for (std::uint64_t seq = 1; seq <= 5; ++seq) send_frame(*agent, 1, seq);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(sink_.wait_for_held(1));
    EXPECT_EQ(sink_.held(), 1U);
    ASSERT_TRUE(sink_.answer(true));
  }
}

TEST_F(StreamingTest, NothingBehindABatchThatFailsIsStored) {
  start();
  const auto agent = welcome_agent();
  for (std::uint64_t seq = 1; seq <= 5; ++seq) send_frame(*agent, 1, seq);
  ASSERT_TRUE(sink_.wait_for_held(5));
  ASSERT_TRUE(sink_.answer(true));
  ASSERT_TRUE(sink_.answer(false));
  sink_.answer_all(true);
  expect_ack(*agent, 1, 77, 1);
  EXPECT_FALSE(agent->receive().has_value());
  EXPECT_EQ(sink_.kept().size(), 1U);
}

TEST_F(StreamingTest, LinacWhoseBatchFailsDoesNotBreakTheChainOfAnother) {
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  send_frame(*agent, 2, 1);
  ASSERT_TRUE(sink_.wait_for_held(2));
  ASSERT_TRUE(sink_.answer(false));
  ASSERT_TRUE(sink_.answer(true));
  EXPECT_EQ(sink_.kept().size(), 1U);
}

TEST_F(StreamingTest, LinacsDoNotWaitForEachOther) {
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  send_frame(*agent, 2, 1);
  ASSERT_TRUE(sink_.wait_for_held(2));
  sink_.answer_all(true);
  EXPECT_TRUE(sink_.wait_for_kept(2));
}

TEST_F(StreamingTest, BatchOfSeveralLinacsIsStoredForEach) {
  sink_.answers_at_once();
  start();
  const auto agent = welcome_agent();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    add_frame(*agent, 1, seq);
    add_frame(*agent, 2, seq, 88);
  }
  agent->send_batch();
  ASSERT_TRUE(sink_.wait_for_kept(6));
  EXPECT_THAT(sink_.kept(),
              testing::UnorderedElementsAre(kept_frame(k4299, 1), kept_frame(k4299, 2),
                                            kept_frame(k4299, 3), kept_frame(k9183, 1, 88),
                                            kept_frame(k9183, 2, 88), kept_frame(k9183, 3, 88)));
}

TEST_F(StreamingTest, LongStreamArrivesInOrderAndIsAcknowledgedToItsEnd) {
  sink_.answers_at_once();
  start();
  const auto agent = welcome_agent();
  std::vector<FakeSink::Kept> sent;
  for (std::uint64_t seq = 1; seq <= 300; ++seq) {
    add_frame(*agent, 1, seq);
    sent.push_back(kept_frame(k4299, seq));
    if (seq % 7 == 0 || seq == 300) {
      ASSERT_FALSE(agent->send_batch());
    }
  }
  for (std::uint64_t acknowledged = 0; acknowledged < 300;) {
    const auto message = agent->receive();
    ASSERT_TRUE(message.has_value() && message->has_ack());
    EXPECT_GT(message->ack().positions(0).seq(), acknowledged);
    acknowledged = message->ack().positions(0).seq();
  }
  EXPECT_EQ(sink_.kept(), sent);
}

TEST_F(StreamingTest, EntryOfAForeignLinacRefusesTheMessageAndStoresNothingOfIt) {
  sink_.answers_at_once();
  start();
  const auto agent = welcome_agent();
  add_frame(*agent, 1, 1);
  add_frame(*agent, 7, 1);
  agent->send_batch();
  EXPECT_EQ(refusal_and_end(*agent).code(), link::Refused::NOT_YOUR_LINAC);
  EXPECT_TRUE(sink_.kept().empty());
}

TEST_F(StreamingTest, DeclinedLinacCannotBeWritten) {
  sink_.answers_at_once();
  start();
  const auto agent = connect();
  link::Hello hello = example_hello();
  add_spool(hello, "2619", 3);  // rccc's
  ASSERT_TRUE(greet(*agent, hello).has_welcome());
  send_frame(*agent, 3, 1);
  EXPECT_EQ(refusal_and_end(*agent).code(), link::Refused::NOT_YOUR_LINAC);
  EXPECT_TRUE(sink_.kept().empty());
}

TEST_F(StreamingTest, MalformedMessagesAreRefused) {
  start();
  link::ToGateway broken_batch;
  broken_batch.mutable_frames()->set_compressed("rubbish");
  link::ToGateway second_hello;
  *second_hello.mutable_hello() = example_hello();
  for (const std::string& bytes :
       {broken_batch.SerializeAsString(), second_hello.SerializeAsString(), std::string("\xFF"),
        std::string()}) {
    const auto agent = welcome_agent();
    agent->send_bytes(bytes);
    EXPECT_EQ(refusal_and_end(*agent).code(), link::Refused::MALFORMED);
  }
}

TEST_F(StreamingTest, FrameWithoutADateIsStoredAsJunk) {
  sink_.answers_at_once();
  start();
  const auto agent = welcome_agent();
  link::LinkEntry entry;
  entry.linac = 1;
  entry.run = 77;
  entry.seq = 1;
  entry.bytes = as_bytes("no date, no counter");
  agent->encoder.add(entry);
  agent->send_batch();
  ASSERT_TRUE(sink_.wait_for_kept(1));
  EXPECT_EQ(sink_.kept()[0],
            (FakeSink::Kept{k4299, EntryKind::junk, 77, 1, "no date, no counter"}));
}

TEST_F(StreamingTest, ReconnectedAgentResumesBehindWhatIsStored) {
  start();
  auto agent = welcome_agent();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) add_frame(*agent, 1, seq);
  agent->send_batch();
  ASSERT_TRUE(sink_.wait_for_held(1));
  agent->drop();  // the connection breaks before the ack, the store commits all the same
  ASSERT_TRUE(sink_.answer(true));

  agent = connect();
  const link::ToAgent answer = greet(*agent, example_hello({77}));
  ASSERT_TRUE(answer.has_welcome());
  EXPECT_EQ(answer.welcome().linacs(0).stored(0).seq(), 3U);
  send_frame(*agent, 1, 4);
  ASSERT_TRUE(sink_.wait_for_held(1));
  ASSERT_TRUE(sink_.answer(true));
  expect_ack(*agent, 1, 77, 4);
}

TEST_F(StreamingTest, SecondConnectionOfASiteIsServedBesideTheFirst) {
  sink_.answers_at_once();
  start();
  const auto first = welcome_agent();
  const auto second = welcome_agent();
  send_frame(*first, 1, 1);
  expect_ack(*first, 1, 77, 1);
  send_frame(*second, 1, 1, 78);
  expect_ack(*second, 1, 78, 1);
  EXPECT_EQ(board_.agents("nbcc"), 2U);
}

TEST_F(StreamingTest, FullSinkIsAskedAgainAndNothingIsLost) {
  sink_.set_full(true);
  start();
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  ASSERT_TRUE(sink_.wait_for_submits(3));
  sink_.answers_at_once();
  sink_.set_full(false);
  expect_ack(*agent, 1, 77, 1);
  EXPECT_THAT(sink_.kept(), testing::ElementsAre(kept_frame(k4299, 1)));
}

TEST_F(StreamingTest, SessionsWaitForRoomAndAreWokenByIt) {
  IngestServer::Options options;
  options.max_submitted_bytes = 1;  // one batch at a time, of all sessions
  start(options);
  const auto first = welcome_agent();
  const auto second = welcome_agent();
  send_frame(*first, 1, 1);
  ASSERT_TRUE(sink_.wait_for_held(1));
  send_frame(*second, 2, 1);
  send_frame(*second, 2, 2);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(sink_.wait_for_held(1));
    EXPECT_EQ(sink_.held(), 1U);
    ASSERT_TRUE(sink_.answer(true));
  }
  EXPECT_EQ(sink_.kept().size(), 3U);
}

TEST_F(StreamingTest, AgentThatSendsFarTooMuchIsNotReadFurther) {
  IngestServer::Options options;
  options.session.max_unacknowledged_bytes = 1;
  options.session.max_waiting_bytes = 1;
  start(options);
  const auto agent = welcome_agent();
  // The first batch is at the sink, the second waits for it, the third fills the bound: the rest
  // stays unread.
  for (std::uint64_t seq = 1; seq <= 20; ++seq) send_frame(*agent, 1, seq);
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    ASSERT_TRUE(sink_.wait_for_held(1));
    EXPECT_EQ(sink_.held(), 1U);
    ASSERT_TRUE(sink_.answer(true));
  }
  EXPECT_EQ(sink_.kept().size(), 20U);
}

TEST_F(StreamingTest, StatusIsKeptForTheLinacsOfTheSession) {
  sink_.answers_at_once();
  start();
  const auto agent = welcome_agent();
  link::ToGateway message;
  for (const std::uint32_t number : {2U, 9U}) {  // 9 names no Linac of this session
    link::LinacStatus& status = *message.mutable_status()->add_linacs();
    status.set_linac(number);
    status.set_connected(true);
    status.set_backlog_bytes(4'711);
  }
  agent->send(message);
  send_frame(*agent, 1, 1);  // read behind the status: its ack tells that the status was taken
  expect_ack(*agent, 1, 77, 1);
  const auto linacs = board_.linacs();
  ASSERT_EQ(linacs.size(), 1U);
  const LinacLinkStatus& status = linacs.at({"nbcc", "9183"});
  EXPECT_TRUE(status.linac_connected);
  EXPECT_EQ(status.backlog_bytes, 4'711U);
}

TEST_F(StreamingTest, SilentPeerIsDropped) {
  IngestServer::Options options;
  options.session.dead_peer = milliseconds(100);
  start(options);
  const auto agent = welcome_agent();
  // The agent does not read, so it does not answer pings either.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (server_->connections() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(StreamingTest, AMessageOfFramesWithoutAnyIsRefused) {
  start();
  const auto agent = welcome_agent();
  link::ToGateway message;
  message.mutable_frames();
  agent->send(message);
  EXPECT_EQ(refusal_and_end(*agent).text(), "a message of frames without any");
}

TEST_F(StreamingTest, SmallMessagesThatWaitAreCountedByWhatTheyCostToo) {
  IngestServer::Options options;
  options.session.max_waiting_bytes = 16'000;
  start(options);
  sink_.set_full(true);
  const auto agent = welcome_agent();
  for (std::uint64_t seq = 1; seq <= 120; ++seq) send_frame(*agent, 1, seq);  // 70 bytes each
  link::ToGateway status;
  status.mutable_status()->add_linacs()->set_linac(1);
  agent->send(status);
  ASSERT_TRUE(sink_.wait_for_submits(10));  // the first one, again and again
  EXPECT_TRUE(board_.linacs().empty());     // what is behind is not read
  sink_.set_full(false);
  sink_.answers_at_once();
  ASSERT_TRUE(sink_.wait_for_kept(100));
  while (!board_.linacs().contains({"nbcc", "4299"})) ASSERT_TRUE(agent->receive().has_value());
}

}  // namespace
}  // namespace icom::ingest
