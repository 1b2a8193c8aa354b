// The phase of a session before its first frame.
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <random>
#include <thread>

#include "gateway/ingest/admission.hpp"
#include "tests/unit/ingest/captured_log.hpp"
#include "tests/unit/ingest/ingest_fixture.hpp"

namespace icom::ingest {
namespace {

using testing::HasSubstr;
namespace websocket = boost::beast::websocket;

class GreetingTest : public IngestTest {
 protected:
  using Agents = std::vector<std::unique_ptr<TestAgent>>;
  static constexpr os::UserId kTunnel = 7;
  static constexpr os::UserId kStranger = 8;

  ~GreetingTest() override { server_.reset(); }  // it may ask for account_

  /// So many for connections that prove nothing, and none beside for the sites. Of those of which
  /// any one may go, it is the oldest.
  static IngestServer::Options places_for(std::size_t unproved) {
    IngestServer::Options options;
    options.max_unproved = unproved;
    options.more_unproved_per_site = 0;
    options.random = [] { return 0; };
    return options;
  }
  /// A connection comes from account_ as it is when it is made.
  IngestServer::Options from_account(IngestServer::Options options = {}) {
    options.account_of = [this](const auto&, const auto&) { return account_.load(); };
    return options;
  }
  Agents connect_all(std::size_t count) {
    Agents agents;
    for (std::size_t i = 0; i < count; ++i) agents.push_back(connect());
    return agents;
  }
  /// Each from an account of its own, from which no site comes.
  Agents connect_as_others(os::UserId count) {
    Agents agents;
    for (os::UserId i = 0; i < count; ++i) {
      account_ = 100'000 + i;
      agents.push_back(connect());
    }
    return agents;
  }

  static link::ToGateway announcement_of(const link::Hello& hello) {
    link::ToGateway message;
    *message.mutable_announcement()->mutable_spools() = hello.spools();
    return message;
  }
  /// Within five seconds.
  template <typename Condition>
  static bool comes_true(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return condition();
  }
  /// As an agent does it whose every message comes late: each time so many others have come
  /// meanwhile, which prove nothing. True once the gateway has proved itself.
  bool proves_itself_among(std::size_t others) {
    link::Transcript transcript{
        link::kLinkPurpose, link::kLinkProtocol, "nbcc", link::make_nonce(), {}};
    link::ToGateway hello = hello_of("nbcc");
    hello.mutable_hello()->set_nonce(transcript.agent_nonce);
    const auto agent = connect();
    Agents flood = connect_all(others);
    agent->send(hello);
    const auto challenge = agent->receive();
    if (!challenge) return false;
    flood = connect_all(others);
    transcript.gateway_nonce = challenge->challenge().nonce();
    link::ToGateway proof;
    proof.mutable_proof()->set_mac(link::proof_of(link::Role::agent, kToken, transcript));
    agent->send(proof);
    const auto answer = agent->receive();
    return answer && answer->has_proof();
  }

  std::atomic<os::UserId> account_ = kTunnel;
};

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
  for (const bool clear : {true, false}) {  // once it has proved itself, no token in clear is taken
    for (const auto& [code, made] : faults) {
      if (clear && code == link::Refused::PROTOCOL_VERSION) continue;
      link::Hello hello = made;
      if (clear) hello.set_protocol(link::kClearTokenProtocol);
      const auto agent = connect();
      link::ToAgent answer;
      if (code == link::Refused::PROTOCOL_VERSION) {
        link::ToGateway message;
        *message.mutable_hello() = hello;
        agent->send(message);
        answer = agent->receive().value_or(link::ToAgent());
      } else {
        answer = greet(*agent, hello);
      }
      EXPECT_EQ(refusal_and_end(*agent, answer).code(), code);
      EXPECT_EQ(agent->reason().code, websocket::close_code::policy_error);
    }
  }
}

TEST_F(GreetingTest, AgentOfBeforeIsServedWithItsTokenInClear) {
  sink_.answers_at_once();
  start();
  const auto agent = connect();
  ASSERT_TRUE(greet(*agent, clear_hello({77})).has_welcome());
  send_frame(*agent, 1, 1);
  EXPECT_TRUE(agent->receive()->has_ack());
}

TEST_F(GreetingTest, WhoeverDoesNotKnowTheTokenGetsNothingFromWhichToGuessIt) {
  start();
  const auto agent = connect();
  const auto answer = agent->prove("nbcc", "guessed");
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(refusal_and_end(*agent, *answer).code(), link::Refused::WRONG_TOKEN);
  EXPECT_FALSE(answer->has_proof());
}

TEST_F(GreetingTest, ProofOfAnotherConnectionIsRefused) {
  start();
  link::Transcript transcript{
      link::kLinkPurpose, link::kLinkProtocol, "nbcc", link::make_nonce(), {}};
  link::ToGateway hello = hello_of("nbcc");
  hello.mutable_hello()->set_nonce(transcript.agent_nonce);
  const auto overheard = connect();
  overheard->send(hello);
  transcript.gateway_nonce = overheard->receive()->challenge().nonce();
  link::ToGateway proof;
  proof.mutable_proof()->set_mac(link::proof_of(link::Role::agent, kToken, transcript));
  const auto again = connect();
  again->send(hello);
  ASSERT_TRUE(again->receive()->has_challenge());
  again->send(proof);
  EXPECT_EQ(refusal_and_end(*again).code(), link::Refused::WRONG_TOKEN);
  overheard->send(proof);
  EXPECT_TRUE(overheard->receive()->has_proof());
}

TEST_F(GreetingTest, MessageWithoutASealAfterTheProofIsRefused) {
  start();
  link::ToGateway announcement;
  announcement.mutable_announcement();
  for (const bool welcomed : {false, true}) {
    const auto agent = connect();
    ASSERT_FALSE(agent->prove("nbcc", kToken).has_value());
    if (welcomed) {
      agent->send(announcement);
      ASSERT_TRUE(agent->receive()->has_welcome());
    }
    agent->send_unsealed(announcement.SerializeAsString());
    const link::Refused refused = refusal_and_end(*agent);
    EXPECT_EQ(refused.code(), link::Refused::MALFORMED);
    EXPECT_THAT(refused.text(), HasSubstr("seal"));
  }
}

TEST_F(GreetingTest, HelloOfManyEmptyPartsCostsNothingAndIsRefused) {
  start();
  // In each of the two greetings: parts of two bytes, up to what may be sent at all.
  for (const std::uint32_t protocol : {link::kLinkProtocol, link::kClearTokenProtocol}) {
    link::ToGateway message;
    message.mutable_hello()->set_protocol(protocol);
    message.mutable_hello()->set_site("nbcc");
    for (int i = 0; i < 1000; ++i) message.mutable_hello()->add_spools();
    const auto agent = connect();
    agent->send(message);
    EXPECT_EQ(refusal_and_end(*agent).code(), link::Refused::MALFORMED);
  }
}

TEST_F(GreetingTest, MessagesOfManyEmptyPartsAreRefusedAfterTheProofToo) {
  start();
  link::ToGateway announcement;
  link::ToGateway status;
  for (std::size_t i = 0; i < link::kMaxPartsToGateway; ++i) {
    announcement.mutable_announcement()->add_spools();
    status.mutable_status()->add_linacs();
  }
  const auto proved = connect();
  ASSERT_FALSE(proved->prove("nbcc", kToken).has_value());
  proved->send(announcement);
  EXPECT_EQ(refusal_and_end(*proved).text(), "a message cannot be read");
  const auto welcomed = welcome_agent();
  welcomed->send(status);
  EXPECT_EQ(refusal_and_end(*welcomed).text(), "a message cannot be read");
}

TEST_F(GreetingTest, LongMessageFromNobodyKnowsWhomEndsTheConnection) {
  for (const bool clear : {true, false}) {
    if (!clear) {
      for (const char* const site : {"nbcc", "rccc"}) {
        Credentials credentials = registry_.find(site)->credentials;
        credentials.note_proved();
      }
    }
    start();
    const std::size_t most = clear ? link::kMaxClearHelloBytes : link::kMaxUnprovedBytes;
    const auto agent = connect();
    agent->send_bytes(std::string(most + 1, 'x'));
    EXPECT_FALSE(agent->receive().has_value());
    EXPECT_NE(agent->end(), boost::asio::error::timed_out);
    const auto shorter = connect();
    shorter->send_bytes(std::string(most, 'x'));
    EXPECT_EQ(refusal_and_end(*shorter).code(), link::Refused::MALFORMED);
    const auto second = connect();
    second->send(hello_of("nbcc"));
    ASSERT_TRUE(second->receive()->has_challenge());
    second->send_bytes(std::string(link::kMaxUnprovedBytes + 1, 'x'));
    EXPECT_FALSE(second->receive().has_value());
    EXPECT_NE(second->end(), boost::asio::error::timed_out);
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
  link::ToGateway clear;
  *clear.mutable_hello() = clear_hello({77, 78});
  for (const link::ToGateway& message : {hello_of("nbcc"), clear}) {
    const std::string whole = message.SerializeAsString();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto agent = connect();
      agent->send_bytes(whole.substr(0, size));
      const auto answer = agent->receive();
      ASSERT_TRUE(answer.has_value()) << size;
      EXPECT_TRUE(answer->has_refused()) << size;
    }
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

TEST_F(GreetingTest, OfConnectionsThatProveNothingOneGoesAndNoneThatHas) {
  sink_.answers_at_once();
  start(places_for(3));
  const auto proved = welcome_agent();
  const Agents idle = connect_all(5);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_FALSE(idle[i]->receive().has_value());
    // A FIN would leave the port of its end taken until it closes.
    EXPECT_EQ(idle[i]->end(), boost::asio::error::connection_reset);
  }
  EXPECT_TRUE(greet(*idle.back(), example_hello()).has_welcome());
  send_frame(*proved, 1, 1);
  EXPECT_TRUE(proved->receive()->has_ack());
}

TEST_F(GreetingTest, AnAccountThatHoldsEveryPlaceKeepsNoOtherAccountOut) {
  start(from_account(places_for(3)));
  const auto agent = connect();
  account_ = kStranger;
  // Each of these comes later than the agent, which is about to prove itself.
  const Agents strangers = connect_all(5);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(strangers[i]->receive().has_value());
    EXPECT_NE(strangers[i]->end(), boost::asio::error::timed_out);
  }
  EXPECT_TRUE(greet(*agent, example_hello()).has_welcome());
}

/// An account that has others beside its own holds one place with each.
TEST_F(GreetingTest, OfAccountsFromWhichNoSiteComesOneMakesRoomHoweverManyTheyAre) {
  start(from_account(places_for(3)));
  const auto before = welcome_agent();  // from here on the account is known
  const auto agent = connect();
  const Agents strangers = connect_as_others(10);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_FALSE(strangers[i]->receive().has_value());
  EXPECT_TRUE(greet(*agent, example_hello()).has_welcome());
}

TEST_F(GreetingTest, TheAccountThatTheSettingsNameIsKnownFromTheStartOn) {
  IngestServer::Options options = from_account(places_for(3));
  options.tunnels_account = kTunnel;
  start(options);
  const auto agent = connect();
  const Agents strangers = connect_as_others(10);
  EXPECT_FALSE(strangers.front()->receive().has_value());
  EXPECT_TRUE(greet(*agent, example_hello()).has_welcome());
}

/// Whoever has one site's SSH key has the account of all tunnels.
TEST_F(GreetingTest, AnAgentFarAwayIsServedAmongAFloodThroughTheTunnels) {
  constexpr std::size_t kPlaces = 32;
  IngestServer::Options options = from_account(places_for(kPlaces));
  options.tunnels_account = kTunnel;
  options.random = std::mt19937_64(1);
  start(options);
  const Agents full = connect_all(kPlaces);
  bool served = false;
  for (int calls = 0; calls < 20 && !served; ++calls) served = proves_itself_among(kPlaces + 8);
  EXPECT_TRUE(served);
}

TEST_F(GreetingTest, AnAgentThatHasNamedItsSiteOutlastsThoseThatNameNone) {
  IngestServer::Options options = places_for(4);
  start(options);
  const auto agent = connect();
  agent->send(hello_of("nbcc"));
  ASSERT_TRUE(agent->receive()->has_challenge());
  const Agents flood = connect_all(10);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_FALSE(flood[i]->receive().has_value());
  EXPECT_TRUE(agent->receives_nothing_for(std::chrono::milliseconds(20)));
}

TEST_F(GreetingTest, TheLogSaysWhetherAFloodComesThroughTheTunnelsOrBesideThem) {
  for (const os::UserId comes : {kTunnel, kStranger}) {
    const CapturedLog log;
    IngestServer::Options options = from_account(places_for(1));
    options.tunnels_account = kTunnel;
    account_ = comes;
    start(options);
    const Agents flood = connect_all(2);
    server_.reset();
    const bool from_tunnels = comes == kTunnel;
    EXPECT_THAT(log.text(), HasSubstr("one of account " + std::to_string(comes) + ", which has"));
    EXPECT_EQ(from_tunnels, log.text().find("Which site floods the ingest") != std::string::npos);
    EXPECT_NE(from_tunnels, log.text().find("beside sshd") != std::string::npos);
  }
}

TEST_F(GreetingTest, WhoeverFillsThePlacesFromThisMachineIsNotSaidToBeElsewhere) {
  const CapturedLog log;
  IngestServer::Options options = places_for(1);
  options.account_of = [](const auto&, const auto&) { return std::nullopt; };
  start(options);
  const Agents idle = connect_all(2);
  EXPECT_FALSE(idle.front()->receive().has_value());
  server_.reset();
  EXPECT_THAT(log.text(), HasSubstr("of an account of this machine that is not known, which has"));
}

TEST_F(GreetingTest, TheLineOfOneWhoHasProvedNothingSaysFromWhichAccountAndHidesNoSites) {
  const CapturedLog log;
  IngestServer::Options options = from_account();
  options.tunnels_account = kTunnel;
  start(options);
  for (const os::UserId comes : {kStranger, kTunnel}) {
    account_ = comes;
    const auto agent = connect();
    const auto answer = agent->prove("nbcc", "guessed");
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(refusal_and_end(*agent, *answer).code(), link::Refused::WRONG_TOKEN);
  }
  server_.reset();
  EXPECT_THAT(log.text(), HasSubstr("nbcc: refused, WRONG_TOKEN: the token is not that of site "
                                    "nbcc"));
  EXPECT_THAT(log.text(), HasSubstr("(from account 8, which has proved nothing)"));
  EXPECT_THAT(log.text(), HasSubstr("(from account 7, which sites come from; it has proved"));
}

TEST_F(GreetingTest, AllSitesMayComeAtOnceAndWhoeverFillsTheRestMakesRoom) {
  IngestServer::Options options = from_account();
  options.max_unproved = 1;
  options.random = [] { return 0; };
  start(options);
  const std::size_t sites = registry_.size();
  const Agents agents = connect_all(sites);
  account_ = kStranger;
  const Agents strangers = connect_all(2 * sites + 2);
  EXPECT_FALSE(strangers.front()->receive().has_value());
  for (const auto& agent : agents) EXPECT_TRUE(greet(*agent, example_hello()).has_welcome());
}

TEST_F(GreetingTest, WhoeverHasProvedHimselfAndAnnouncedNothingGoesWithHisSitesSessions) {
  start();
  const link::Hello hello = example_hello();
  const auto agent = connect();
  ASSERT_FALSE(agent->prove(hello.site(), hello.token()).has_value());
  server_->end_sessions("rccc", refusal(link::Refused::REVOKED, "not this one"));
  server_->end_sessions(hello.site(), refusal(link::Refused::WRONG_TOKEN, "it was replaced"));
  const link::ToAgent answer = agent->announce(hello);
  EXPECT_EQ(answer.refused().text(), "it was replaced");
}

TEST_F(GreetingTest, FramesOfOthersDoNotWaitWhileAnAnnouncementIsLookedUp) {
  sink_.answers_at_once();
  IngestServer::Options options;
  options.threads = 1;
  start(options);
  const auto agent = welcome_agent();
  sink_.let_look_ups_wait(true);
  const auto other = connect();
  ASSERT_FALSE(other->prove("nbcc", kToken).has_value());
  const std::size_t before = sink_.look_ups();
  other->send(announcement_of(example_hello({77})));
  EXPECT_TRUE(sink_.wait_for_look_ups(before + 1));
  send_frame(*agent, 1, 1);
  const auto ack = agent->receive();
  EXPECT_TRUE(ack && ack->has_ack());
  sink_.let_look_ups_wait(false);
  EXPECT_TRUE(other->receive()->has_welcome());
}

TEST_F(GreetingTest, ASitesAnnouncementsThatWaitForEachOtherAreAsFewAsItsConnections) {
  IngestServer::Options options;
  options.max_of_site = 2;
  start(options);
  sink_.let_look_ups_wait(true);
  Agents agents;
  for (int i = 0; i < 8; ++i) {
    agents.push_back(connect());
    ASSERT_FALSE(agents.back()->prove("nbcc", kToken).has_value());
    agents.back()->send(announcement_of(example_hello({77})));
    EXPECT_TRUE(sink_.wait_for_look_ups(1));
  }
  for (std::size_t i = 0; i < 6; ++i) EXPECT_FALSE(agents[i]->receive().has_value());
  EXPECT_EQ(sink_.look_ups(), 1U);
  EXPECT_TRUE(comes_true([&] { return server_->connections() <= 3; }));  // one is being looked up
  sink_.let_look_ups_wait(false);
  EXPECT_TRUE(agents.back()->receive()->has_welcome());
}

TEST_F(GreetingTest, WhatChangesWhileAnAnnouncementIsLookedUpIsTold) {
  start();
  sink_.let_look_ups_wait(true);
  link::Hello hello = example_hello({77});
  add_spool(hello, "0815", 3);
  const auto agent = connect();
  ASSERT_FALSE(agent->prove("nbcc", kToken).has_value());
  agent->send(announcement_of(hello));
  ASSERT_TRUE(sink_.wait_for_look_ups(1));
  std::vector<RegisteredSite> sites = example_sites();
  sites.front().linacs.push_back({"0815", 15});
  server_->apply(std::move(sites));
  sink_.let_look_ups_wait(false);
  const auto welcome = agent->receive();
  ASSERT_TRUE(welcome && welcome->has_welcome());
  EXPECT_FALSE(welcome->welcome().linacs(2).accepted());
  const auto change = agent->receive();
  ASSERT_TRUE(change && change->has_registration());
  EXPECT_EQ(change->registration().linac().linac(), 3U);
  EXPECT_TRUE(change->registration().linac().accepted());
}

TEST_F(GreetingTest, ASiteThatTakesPlaceAfterPlaceLosesItsOwnOldest) {
  IngestServer::Options options;
  options.max_of_site = 3;
  start(options);
  link::Hello of_other;
  of_other.set_protocol(link::kLinkProtocol);
  of_other.set_site("rccc");
  of_other.set_token("the token of rccc, thirty-two ..");
  const auto other = connect();
  ASSERT_TRUE(greet(*other, of_other).has_welcome());
  Agents agents;
  for (int i = 0; i < 5; ++i) agents.push_back(welcome_agent());
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_FALSE(agents[i]->receive().has_value());
    EXPECT_NE(agents[i]->end(), boost::asio::error::timed_out);
  }
  EXPECT_TRUE(agents.back()->receives_nothing_for(std::chrono::milliseconds(20)));
  EXPECT_TRUE(other->receives_nothing_for(std::chrono::milliseconds(20)));
}

TEST_F(GreetingTest, WhereThereAreTooManyConnectionsOneThatProvesNothingMakesRoom) {
  IngestServer::Options options;
  options.max_connections = 2;
  start(options);
  const auto proved = welcome_agent();
  const auto idle = connect();
  const auto another = welcome_agent();
  EXPECT_FALSE(idle->receive().has_value());
  EXPECT_NE(idle->end(), boost::asio::error::timed_out);
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
