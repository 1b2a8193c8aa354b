// The parts together: an agent's frames through ingest into a real store.
#include "gateway/serve/gateway.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <random>

#include "common/config/config_error.hpp"
#include "common/config/site_file_edit.hpp"
#include "gateway/ingest/admission.hpp"
#include "gateway/pending/pending_linacs.hpp"
#include "gateway/registration/site_access.hpp"
#include "gateway/registration/site_book.hpp"
#include "gateway/store/store_reader.hpp"
#include "tests/unit/ingest/captured_log.hpp"
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
    const link::ToAgent answer = agent.greet(ingest::example_hello({77}));
    EXPECT_TRUE(answer.has_welcome());
    return answer.welcome().linacs(0).stored(0).seq();
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

TEST_F(GatewayTest, WhileTheStoreIsAwayAgentsKeepEverythingAndItGoesOnWhenTheStoreIsBack) {
  const auto gateway = open();
  gateway->start();
  const auto expect_away = [](const link::Refused& refused) {
    EXPECT_EQ(refused.code(), link::Refused::UNAVAILABLE);
    EXPECT_THAT(refused.text(), testing::HasSubstr("its store is not in its place"));
  };
  {
    ingest::TestAgent agent(port_);
    EXPECT_EQ(hello(agent), 0U);
    std::filesystem::rename(folder_ / "store", folder_ / "away");
    send_frames(agent, 1, 40);
    const auto answer = agent.receive();
    ASSERT_TRUE(answer.has_value() && answer->has_refused());
    expect_away(answer->refused());
  }
  {
    ingest::TestAgent agent(port_);
    expect_away(agent.greet(ingest::example_hello({77})).refused());
  }
  EXPECT_EQ(gateway->why_to_end(), "");
  std::filesystem::rename(folder_ / "away", folder_ / "store");
  ingest::TestAgent agent(port_);
  EXPECT_EQ(hello(agent), 0U);
  send_frames(agent, 1, 40);
  const auto ack = agent.receive();
  ASSERT_TRUE(ack.has_value() && ack->has_ack());
  EXPECT_EQ(ack->ack().positions(0).seq(), 40U);
}

TEST_F(GatewayTest, StoppedWhileTheStoreIsAwayItMakesNothingInItsPlace) {
  const auto gateway = open();
  gateway->start();
  ingest::TestAgent agent(port_);
  EXPECT_EQ(hello(agent), 0U);
  std::filesystem::rename(folder_ / "store", folder_ / "away");
  // It notes, last of all, that nobody is connected.
  std::thread stopping([&] { gateway->stop(std::chrono::seconds(30)); });
  while (agent.receive()) continue;
  stopping.join();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store"));
}

TEST_F(GatewayTest, AnotherTimeZoneInASitesFileCountsFromTheNextFrameOn) {
  auto gateway = open();
  gateway->start();
  {
    ingest::TestAgent agent(port_);
    hello(agent);
    send_frames(agent, 1, 20);
    ASSERT_TRUE(agent.receive().has_value());
    write("sites/nbcc.yaml", config::with(config::kSite, "Australia/Sydney", "Australia/Perth"));
    gateway->apply(config::load_gateway(config_));
    send_frames(agent, 21, 40);
    ASSERT_TRUE(agent.receive().has_value());
  }
  gateway.reset();
  store::StoreReader reader(folder_ / "store");
  const store::LinacRow linac = reader.linacs().at(0);
  const auto first = reader.zone_places(linac.id, {1, 0, 0, 0});
  ASSERT_TRUE(first.here && first.next);
  EXPECT_EQ(first.here->zone.name, "Australia/Sydney");
  EXPECT_EQ(first.next->zone, (store::ClockZone{"Australia/Perth", 8 * 3600}));
  std::int64_t at_first = 0;
  reader.all_frames(linac.id, [&](const store::FrameKey& key, Bytes) {
    at_first += key.place < first.next->from ? 1 : 0;
    return true;
  });
  EXPECT_EQ(at_first, 20);
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

TEST_F(GatewayTest, AnApprovedLinacNeverWaitsAgainHoweverOftenItsAgentAsks) {
  pending::PendingLinacs pending(os::real_file_system(), folder_ / "store/registration/pending");
  pending.note("nbcc", {{"9183", "192.168.17.42:1706"}}, 1);  // its file has it: left by a kill
  const auto gateway = open();
  EXPECT_THAT(pending.list(), testing::IsEmpty());
  gateway->start();
  link::Hello with_new = ingest::example_hello();
  ingest::add_spool(with_new, "0815", 3);
  with_new.mutable_spools(2)->set_address("192.168.17.43:1706");
  const auto answer = [&] {
    ingest::TestAgent agent(port_);
    return agent.greet(with_new).welcome().linacs(2);
  };
  EXPECT_THAT(answer().reason(), testing::HasSubstr("waits for approval"));
  EXPECT_EQ(pending.list().size(), 1U);
  // As `approve` does it; this gateway has not read the file yet.
  config::write_edit(
      config::with_linac(folder_ / "sites/nbcc.yaml", {"0815", {"192.168.17.43", 1706}}),
      os::real_file_system());
  pending.forget("nbcc", "0815");
  EXPECT_THAT(answer().reason(), testing::HasSubstr("is approved"));
  EXPECT_THAT(pending.list(), testing::IsEmpty());
  gateway->apply(config::load_gateway(config_));
  EXPECT_TRUE(answer().accepted());
  EXPECT_THAT(pending.list(), testing::IsEmpty());
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
  const registration::SiteBook book(folder / "store/registration");
  const auto lock = book.lock();  // the gateway may be writing, too
  book.save(record);
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
  EXPECT_EQ(again.greet(ingest::example_hello({77})).refused().code(), link::Refused::REVOKED);
}

TEST_F(GatewayTest, TokenThatIsPutRightCountsWithoutARestart) {
  write_token("nbcc", "short");
  const auto gateway = open();
  gateway->start();
  ingest::TestAgent refused(port_);
  EXPECT_EQ(refused.greet(ingest::example_hello({77})).refused().code(),
            link::Refused::TOKEN_UNUSABLE);
  write_token("nbcc", kToken);
  gateway->refresh_access();
  ingest::TestAgent agent(port_);
  EXPECT_EQ(hello(agent), 0U);
}

/// While one lives this process can open nothing more.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(GatewayTest, OutOfDescriptorsWhatASiteIsKnownByStaysAsItWas) {
  const auto gateway = open();
  gateway->start();
  ingest::TestAgent agent(port_);
  {
    const NoDescriptors none;
    gateway->refresh_access();
  }
  EXPECT_EQ(hello(agent), 0U);
}

TEST_F(GatewayTest, OutOfDescriptorsASiteThatIsNotKnownYetIsNotToldToMendItsToken) {
  const auto access = [this] {
    const auto places = registration::places_of(config::load_gateway(folder_ / "gateway.yaml"));
    const NoDescriptors none;
    return registration::read_access(places, "nbcc");
  }();
  EXPECT_TRUE(access.problems.empty());
  EXPECT_NE(access.machine_fault.find("Too many open files"), std::string::npos);
  ingest::Credentials unknown;
  unknown.set_unknown(access.machine_fault);
  const ingest::SiteRegistry registry(std::vector<ingest::RegisteredSite>{{"nbcc", unknown, {}}});
  const auto answer = ingest::site_that_may_send("nbcc", registry);
  EXPECT_EQ(std::get<link::Refused>(answer).code(), link::Refused::UNAVAILABLE);
  unknown.set({kToken}, {});
  EXPECT_FALSE(std::holds_alternative<link::Refused>(ingest::site_that_may_send("nbcc", registry)));
}

TEST_F(GatewayTest, OutOfDescriptorsASiteThatIsAddedIsNotToldToMendItsTokenAndIsTakenAfterwards) {
  const auto gateway = open();
  gateway->start();
  std::string other = config::with(config::kSite, "site: nbcc", "site: rccc");
  other = config::with(config::with(other, "\"4299\"", "\"2619\""), "\"9183\"", "\"2694\"");
  write("sites/rccc.yaml", other);
  write_token("rccc", kToken + "\n");
  const config::GatewaySettings changed = config::load_gateway(config_);
  {
    const NoDescriptors none;
    gateway->apply(changed);
  }
  link::Hello hello = ingest::example_hello();
  hello.set_site("rccc");
  EXPECT_EQ(ingest::TestAgent(port_).greet(hello).refused().code(), link::Refused::UNAVAILABLE);
  gateway->refresh_access();
  EXPECT_TRUE(ingest::TestAgent(port_).greet(hello).has_welcome());
}

TEST_F(GatewayTest, JunkBeyondTheShareOfTheDiskInTheSettingsIsCountedAndNotKept) {
  constexpr std::uint64_t kRuns = 6;  // of 1 MB; the day's 4 MiB are always kept
  for (const bool has_share : {false, true}) {
    const std::string store = has_share ? "with" : "without";
    write("gateway.yaml", config::with(settings(), "store: store", "store: " + store) +
                              (has_share ? "junk_share: 50%\n" : "junk_share: 0%\n"));
    auto gateway = open();
    gateway->start();
    ingest::TestAgent agent(port_);
    EXPECT_EQ(hello(agent), 0U);
    std::minstd_rand random;
    for (std::uint64_t seq = 1; seq <= kRuns; ++seq) {
      ByteVector noise(1'000'000);
      for (std::byte& byte : noise) byte = static_cast<std::byte>(random() >> 8U);
      link::LinkEntry entry;
      entry.linac = 1;
      entry.kind = EntryKind::junk;
      entry.run = 77;
      entry.seq = seq;
      entry.bytes = noise;
      agent.encoder.add(entry);
      agent.send_batch();
      ASSERT_TRUE(agent.receive().value().has_ack());
    }
    gateway.reset();
    store::StoreReader reader(folder_ / store);
    const store::LedgerCounts counts = reader.ledger("4299", {}).at(0).counts;
    EXPECT_EQ(counts.junk_runs, kRuns);
    EXPECT_EQ(counts.junk_dropped_runs, has_share ? 0 : 2);
  }
}

TEST_F(GatewayTest, TakesNoMoreConnectionsThanItHasDescriptorsFor) {
  Gateway gateway(config::load_gateway(config_), {.ingest = {}, .descriptors = 8});  // for two
  gateway.start();
  ingest::TestAgent one(port_);
  ingest::TestAgent other(port_);
  EXPECT_EQ(hello(one), 0U);
  EXPECT_EQ(hello(other), 0U);
  EXPECT_TRUE(ingest::TestAgent(port_).opened());
}

TEST_F(GatewayTest, OnceASiteHasProvedItselfItsTokenInClearIsNotTakenAnyMoreAfterARestartToo) {
  link::Hello clear = ingest::example_hello({77});
  clear.set_protocol(link::kClearTokenProtocol);
  auto gateway = open();
  gateway->start();
  EXPECT_TRUE(ingest::TestAgent(port_).greet(clear).has_welcome());
  EXPECT_TRUE(ingest::TestAgent(port_).greet(ingest::example_hello({77})).has_welcome());
  EXPECT_EQ(ingest::TestAgent(port_).greet(clear).refused().code(),
            link::Refused::PROTOCOL_VERSION);
  gateway.reset();
  gateway = open();
  gateway->start();
  const link::ToAgent answer = ingest::TestAgent(port_).greet(clear);
  EXPECT_EQ(answer.refused().code(), link::Refused::PROTOCOL_VERSION);
  EXPECT_NE(answer.refused().text().find("upgrade the agent"), std::string::npos);
  EXPECT_TRUE(ingest::TestAgent(port_).greet(ingest::example_hello({77})).has_welcome());
}

/// The log tells of whom one is who gives a site's name and no proof.
TEST_F(GatewayTest, TheTunnelsAccountIsTakenFromChangedSettingsWhileItRuns) {
  const ingest::CapturedLog log;
  const auto gateway = open();
  gateway->start();
  write("gateway.yaml", settings() + "tunnel:\n  host: 127.0.0.1\n  user: " +
                            os::user_name(os::own_user()) + "\n  host_keys: [host.pub]\n");
  gateway->apply(config::load_gateway(config_));
  ingest::TestAgent stranger(port_);
  EXPECT_TRUE(stranger.prove("nbcc", "guessed")->has_refused());
  gateway->stop(std::chrono::seconds(5));
  EXPECT_THAT(log.text(), testing::HasSubstr("which sites come from; it has proved nothing"));
}

}  // namespace
}  // namespace icom::serve
