// The phase of a session before its first frame.
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

using testing::HasSubstr;
namespace websocket = boost::beast::websocket;

class GreetingTest : public IngestTest {};

TEST_F(GreetingTest, HelloIsAnsweredWithWelcomeAndStoredPositions) {
  sink_.set_stored(k4299, 77, 500);
  start();
  const auto agent = connect();
  const link::ToAgent answer = greet(*agent, example_hello({77}));
  ASSERT_TRUE(answer.has_welcome());
  EXPECT_EQ(answer.welcome().protocol(), link::kLinkProtocol);
  EXPECT_FALSE(answer.welcome().gateway_version().empty());
  EXPECT_EQ(answer.welcome().linacs_size(), 2);
  EXPECT_EQ(answer.welcome().linacs(0).stored(0).seq(), 500U);
  EXPECT_GT(answer.welcome().max_unacknowledged_bytes(), 0U);
}

TEST_F(GreetingTest, RefusalIsSaidThenTheConnectionIsClosed) {
  start();
  const std::map<link::Refused::Code, link::Hello> faults = [] {
    std::map<link::Refused::Code, link::Hello> made;
    for (const auto code : {link::Refused::PROTOCOL_VERSION, link::Refused::UNKNOWN_SITE,
                            link::Refused::WRONG_TOKEN, link::Refused::MALFORMED}) {
      made[code] = example_hello();
    }
    made[link::Refused::PROTOCOL_VERSION].set_protocol(99);
    made[link::Refused::UNKNOWN_SITE].set_site("nowhere");
    made[link::Refused::WRONG_TOKEN].set_token("guessed");
    add_spool(made[link::Refused::MALFORMED], "4299", 9);
    return made;
  }();
  for (const auto& [code, hello] : faults) {
    const auto agent = connect();
    link::ToGateway message;
    *message.mutable_hello() = hello;
    agent->send(message);
    EXPECT_EQ(refusal_and_end(*agent).code(), code);
    EXPECT_EQ(agent->reason().code, websocket::close_code::policy_error);
  }
}

TEST_F(GreetingTest, LinacOfAnotherSiteIsDeclinedAndTheOthersAreServed) {
  sink_.answers_at_once();
  start();
  const auto agent = connect();
  link::Hello hello = example_hello();
  add_spool(hello, "2619", 3);
  const link::ToAgent answer = greet(*agent, hello);
  ASSERT_EQ(answer.welcome().linacs_size(), 3);
  EXPECT_FALSE(answer.welcome().linacs(2).accepted());
  send_frame(*agent, 1, 1);
  EXPECT_TRUE(agent->receive()->has_ack());
}

TEST_F(GreetingTest, FirstMessageOtherThanHelloIsRefused) {
  start();
  for (const bool frames : {false, true}) {
    const auto agent = connect();
    link::ToGateway message;
    if (frames) {
      message.mutable_frames()->set_compressed("x");
    } else {
      message.mutable_status();
    }
    agent->send(message);
    EXPECT_EQ(refusal_and_end(*agent).code(), link::Refused::MALFORMED);
  }
}

TEST_F(GreetingTest, BytesThatAreNoMessageAreRefused) {
  start();
  const auto rubbish = connect();
  rubbish->send_bytes("\xFF\xFF\xFF\xFF");
  EXPECT_EQ(refusal_and_end(*rubbish).code(), link::Refused::MALFORMED);
  const auto text = connect();
  text->send_text("{\"hello\": 1}");
  EXPECT_EQ(refusal_and_end(*text).code(), link::Refused::MALFORMED);
}

TEST_F(GreetingTest, EveryTruncationOfHelloIsRefusedOrWelcomed) {
  start();
  link::ToGateway message;
  *message.mutable_hello() = example_hello({77, 78});
  const std::string whole = message.SerializeAsString();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto agent = connect();
    agent->send_bytes(whole.substr(0, size));
    const auto answer = agent->receive();
    ASSERT_TRUE(answer.has_value()) << size;
    EXPECT_TRUE(answer->has_refused()) << size;
  }
}

TEST_F(GreetingTest, OversizedMessageEndsTheConnection) {
  start();
  const auto agent = connect();
  agent->send_bytes(std::string(link::kMaxMessageBytes + 1, 'x'));
  EXPECT_FALSE(agent->receive().has_value());
  EXPECT_NE(agent->end(), boost::asio::error::timed_out);
}

TEST_F(GreetingTest, AgentThatSaysNothingIsDroppedAfterTheDeadline) {
  IngestServer::Options options;
  options.session.hello = std::chrono::milliseconds(50);
  start(options);
  const auto agent = connect();
  EXPECT_FALSE(agent->receive().has_value());
  EXPECT_NE(agent->end(), boost::asio::error::timed_out);
}

TEST_F(GreetingTest, ConnectionThatAsksForNothingIsDroppedAfterTheDeadline) {
  IngestServer::Options options;
  options.session.hello = std::chrono::milliseconds(50);
  start(options);
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket(io);
  socket.connect({boost::asio::ip::address_v4::loopback(), server_->port()});
  char byte = 0;
  boost::system::error_code ended;
  socket.async_read_some(boost::asio::buffer(&byte, 1),
                         [&](auto error, std::size_t) { ended = error; });
  io.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(ended);
}

TEST_F(GreetingTest, OtherPathsAreNotServed) {
  start();
  EXPECT_EQ(TestAgent(server_->port(), "/").opened(), websocket::error::upgrade_declined);
}

TEST_F(GreetingTest, ConnectionsBeyondTheBoundAreNotTaken) {
  IngestServer::Options options;
  options.max_connections = 1;
  start(options);
  const auto first = welcome_agent();
  EXPECT_TRUE(TestAgent(server_->port()).opened());
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(GreetingTest, AddressInUseIsReportedWithWhatToDo) {
  start();
  IngestServer::Options options;
  options.port = server_->port();
  try {
    IngestServer second(options, registry_, sink_, board_);
    FAIL() << "listens twice";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:" + std::to_string(options.port)));
    EXPECT_THAT(error.what(), HasSubstr("stop what listens there"));
  }
}

}  // namespace
}  // namespace icom::ingest
