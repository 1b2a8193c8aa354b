// The registration changes while agents are connected.
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

using std::chrono::milliseconds;
namespace websocket = boost::beast::websocket;

constexpr store::LinacId kNew = 21;
constexpr milliseconds kQuiet{50};

std::vector<RegisteredSite> with_new_linac() {
  auto sites = example_sites();
  sites[0].linacs.push_back({"0815", kNew});
  return sites;
}

std::vector<RegisteredSite> without_first_linac() {
  auto sites = example_sites();
  sites[0].linacs.erase(sites[0].linacs.begin());
  return sites;
}

/// example_hello() with a Linac that nobody knows, its number 3.
link::Hello hello_with_new(const std::vector<std::uint64_t>& runs = {}) {
  link::Hello hello = example_hello();
  add_spool(hello, "0815", 3, runs);
  hello.mutable_spools(2)->set_address("192.168.17.43:1706");
  return hello;
}

class RegistrationTest : public IngestTest {
 protected:
  RegistrationTest() {
    sink_.answers_at_once();
    IngestServer::Options options;
    options.newcomers = &newcomers_;
    start(std::move(options));
  }
  ~RegistrationTest() override { server_.reset(); }  // it tells newcomers_ until it ends
  /// The next message must be a change of the registration.
  static link::LinacWelcome change(TestAgent& agent) {
    const link::ToAgent message = agent.receive().value_or(link::ToAgent());
    EXPECT_TRUE(message.has_registration()) << message.ShortDebugString();
    return message.registration().linac();
  }
  static link::LinacPosition ack(TestAgent& agent) {
    const link::ToAgent message = agent.receive().value_or(link::ToAgent());
    EXPECT_EQ(message.ack().positions_size(), 1) << message.ShortDebugString();
    return message.ack().positions_size() == 1 ? message.ack().positions(0) : link::LinacPosition();
  }

  NotedNewcomers newcomers_;
};

TEST_F(RegistrationTest, ALinacThatNobodyHasIsNotedAndNothingOfItIsStored) {
  const auto agent = connect();
  const link::ToAgent answer = greet(*agent, hello_with_new());
  EXPECT_FALSE(answer.welcome().linacs(2).accepted());
  EXPECT_EQ(answer.welcome().linacs(2).reason(), "waits");
  EXPECT_EQ(newcomers_.noted(), std::vector<std::string>{"nbcc 0815 192.168.17.43:1706"});
  send_frame(*agent, 3, 1);
  EXPECT_EQ(refusal_and_end(*agent).code(), link::Refused::NOT_YOUR_LINAC);
  EXPECT_TRUE(sink_.kept().empty());
}

TEST_F(RegistrationTest, OnlyASitesOwnLinacsAreNoted) {
  link::Hello wrong_token = hello_with_new();
  wrong_token.set_token("guessed");
  const auto intruder = connect();
  greet(*intruder, wrong_token);

  link::Hello of_another = example_hello();
  add_spool(of_another, "2619", 3);  // of rccc
  of_another.mutable_spools(2)->set_address("192.168.17.43:1706");
  add_spool(of_another, "0815", 4);  // an agent that does not tell addresses, or a Linac removed
  const auto agent = connect();
  const link::ToAgent answer = greet(*agent, of_another);
  EXPECT_FALSE(answer.welcome().linacs(2).accepted());
  EXPECT_THAT(answer.welcome().linacs(2).reason(), testing::HasSubstr("another site"));
  EXPECT_FALSE(answer.welcome().linacs(3).accepted());
  EXPECT_EQ(newcomers_.noted(), std::vector<std::string>{});
  EXPECT_EQ(newcomers_.withdrawn(), std::vector<std::string>{"nbcc 0815"})
      << "and never one that a site has";
}

TEST_F(RegistrationTest, WhatWaitsIsToldOfAgainAndAgainWhileItsAgentIsConnected) {
  NotedNewcomers newcomers;
  SiteRegistry registry{example_sites()};
  IngestServer::Options options;
  options.newcomers = &newcomers;
  options.session.newcomers = milliseconds(1);
  IngestServer server(std::move(options), registry, sink_, board_);
  server.start();
  TestAgent agent(server.port());
  EXPECT_TRUE(greet(agent, hello_with_new()).has_welcome());
  ASSERT_TRUE(newcomers.wait_for(5));
  EXPECT_THAT(newcomers.noted(), testing::Each("nbcc 0815 192.168.17.43:1706"));
  server.apply(with_new_linac());
  EXPECT_TRUE(change(agent).accepted());
  const auto told = newcomers.noted().size();
  EXPECT_TRUE(agent.receives_nothing_for(kQuiet));
  EXPECT_LE(newcomers.noted().size(), told + 1) << "nothing of it waits any more";
}

TEST_F(RegistrationTest, ALinacThatIsRegisteredMeanwhileIsTakenWithinTheSession) {
  sink_.set_stored(kNew, 78, 5);
  const auto agent = connect();
  greet(*agent, hello_with_new({77, 78}));
  server_->apply(with_new_linac());
  const link::LinacWelcome told = change(*agent);
  EXPECT_EQ(told.linac(), 3U);
  EXPECT_TRUE(told.accepted());
  ASSERT_EQ(told.stored_size(), 2);
  EXPECT_EQ(told.stored(0).seq(), 0U);
  EXPECT_EQ(told.stored(1).seq(), 5U);
  send_frame(*agent, 3, 1);
  EXPECT_EQ(ack(*agent).linac(), 3U);
  ASSERT_EQ(sink_.kept().size(), 1U);
  EXPECT_EQ(sink_.kept()[0].linac, kNew);
}

TEST_F(RegistrationTest, AnAgentThatSaysHelloAfterwardsIsWelcomedWithIt) {
  const auto agent = connect();
  server_->apply(with_new_linac());
  EXPECT_TRUE(greet(*agent, hello_with_new()).welcome().linacs(2).accepted());
  EXPECT_TRUE(agent->receives_nothing_for(kQuiet));
}

TEST_F(RegistrationTest, WhatHasNotChangedGoesOnUndisturbed) {
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  ack(*agent);
  server_->apply(example_sites());
  server_->apply(with_new_linac());  // which this agent does not have
  send_frame(*agent, 1, 2);
  EXPECT_EQ(ack(*agent).seq(), 2U) << "and nothing before it";
  EXPECT_TRUE(agent->receives_nothing_for(kQuiet));
}

TEST_F(RegistrationTest, ALinacThatIsTakenOutIsToldAndWhatIsOnItsWayIsDropped) {
  const auto agent = welcome_agent();
  send_frame(*agent, 1, 1);
  ack(*agent);
  server_->apply(without_first_linac());
  const link::LinacWelcome told = change(*agent);
  EXPECT_EQ(told.linac(), 1U);
  EXPECT_FALSE(told.accepted());
  EXPECT_THAT(told.reason(), testing::HasSubstr("4299"));
  // Sent before the agent heard of it, together with another Linac's.
  add_frame(*agent, 1, 2);
  add_frame(*agent, 2, 1);
  agent->send_batch();
  EXPECT_EQ(ack(*agent).linac(), 2U);
  EXPECT_TRUE(agent->receives_nothing_for(kQuiet));
  ASSERT_EQ(sink_.kept().size(), 2U);
  EXPECT_EQ(sink_.kept()[1].linac, k9183);
}

TEST_F(RegistrationTest, NothingThatWasDroppedIsCoveredByWhatComesLater) {
  const auto agent = welcome_agent();
  server_->apply(without_first_linac());
  change(*agent);
  send_frame(*agent, 1, 1);  // dropped
  // Taken in again: were the next one stored in this session, its position would cover the first.
  server_->apply(example_sites());
  while (agent->receive()) {
  }
  EXPECT_EQ(agent->reason().code, websocket::close_code::try_again_later);
  EXPECT_TRUE(sink_.kept().empty());
  const auto again = connect();
  EXPECT_TRUE(greet(*again, example_hello()).welcome().linacs(0).accepted());
  send_frame(*again, 1, 1);
  EXPECT_EQ(ack(*again).seq(), 1U);
}

TEST_F(RegistrationTest, StoredBeforeItWasTakenOutIsNotAcknowledgedAfterwards) {
  FakeSink slow;
  SiteRegistry registry{example_sites()};
  IngestServer server({}, registry, slow, board_);
  server.start();
  TestAgent agent(server.port());
  EXPECT_TRUE(greet(agent, example_hello()).has_welcome());
  send_frame(agent, 1, 1);
  ASSERT_TRUE(slow.wait_for_held(1));
  server.apply(without_first_linac());
  EXPECT_FALSE(change(agent).accepted());
  slow.answer_all(true);
  EXPECT_TRUE(agent.receives_nothing_for(kQuiet)) << "the agent has forgotten that it sent it";
}

TEST_F(RegistrationTest, ALinacReadAtAnotherAddressIsStoredAndTheLogSaysBoth) {
  const auto before = spdlog::default_logger();
  std::ostringstream text;
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
  auto sites = example_sites();
  sites[0].linacs[0].address = "192.168.17.40:1706";
  sites[0].linacs[1].address = "192.168.17.42:1706";
  server_->apply(sites);
  link::Hello hello = example_hello();
  hello.mutable_spools(0)->set_address("192.168.17.44:1706");
  hello.mutable_spools(1)->set_address("192.168.17.42:1706");
  const auto agent = connect();
  EXPECT_TRUE(greet(*agent, hello).welcome().linacs(0).accepted());
  sites[0].linacs[1].address = "192.168.17.43:1706";
  server_->apply(sites);
  send_frame(*agent, 1, 1);
  EXPECT_EQ(ack(*agent).seq(), 1U);
  server_.reset();  // nobody logs any more
  spdlog::set_default_logger(before);
  EXPECT_THAT(text.str(), testing::HasSubstr("Linac 4299 at 192.168.17.44:1706, the gateway's "
                                             "nbcc.yaml has 192.168.17.40:1706"));
  EXPECT_THAT(text.str(), testing::HasSubstr("Linac 9183 at 192.168.17.42:1706, the gateway's "
                                             "nbcc.yaml has 192.168.17.43:1706"));
}

TEST_F(RegistrationTest, ASessionWhoseTokenWasRotatedAwayGoesOnWhenSomethingElseChanges) {
  const auto agent = welcome_agent();
  auto sites = with_new_linac();
  sites[0].credentials = Credentials("another token of nbcc, forty ..");
  server_->apply(std::move(sites));
  send_frame(*agent, 1, 1);
  EXPECT_EQ(ack(*agent).seq(), 1U) << "and nothing before it";
  const auto late = connect();
  EXPECT_EQ(greet(*late, example_hello()).refused().code(), link::Refused::WRONG_TOKEN);
}

TEST_F(RegistrationTest, SessionsOfASiteThatIsGoneRevokedOrWithoutATokenEndAndOthersGoOn) {
  for (const auto code :
       {link::Refused::UNKNOWN_SITE, link::Refused::REVOKED, link::Refused::TOKEN_UNUSABLE}) {
    server_->apply(example_sites());
    const auto agent = welcome_agent();
    const auto other = connect();
    link::Hello of_rccc = example_hello();
    of_rccc.set_site("rccc");
    of_rccc.set_token("the token of rccc, thirty-two ..");
    of_rccc.clear_spools();
    add_spool(of_rccc, "2619", 1);
    EXPECT_TRUE(greet(*other, of_rccc).has_welcome());

    auto sites = example_sites();
    if (code == link::Refused::UNKNOWN_SITE) {
      sites.erase(sites.begin());
    } else if (code == link::Refused::REVOKED) {
      sites[0].credentials.set({}, "2023-11-14T22:13:20Z");
    } else {
      sites[0].credentials = Credentials();
    }
    server_->apply(std::move(sites));
    EXPECT_EQ(refusal_and_end(*agent).code(), code);
    const std::uint64_t run = code;  // of its own
    send_frame(*other, 1, 1, run);
    EXPECT_EQ(ack(*other).seq(), 1U);
  }
}

}  // namespace
}  // namespace icom::ingest
