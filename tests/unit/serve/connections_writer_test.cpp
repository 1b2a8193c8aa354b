#include "gateway/serve/connections_writer.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/unit/serve/gateway_folder.hpp"

namespace icom::serve {
namespace {

using registration::SiteConnection;
using registration::SiteConnections;

class ConnectionsWriterTest : public GatewayFolder {
 protected:
  [[nodiscard]] std::filesystem::path book() const { return folder_ / "registration"; }
  [[nodiscard]] SiteConnections noted() const { return registration::read_connections(book()); }
  /// Within a time that no machine needs.
  void wait_for(const SiteConnections& wanted) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (noted() != wanted && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    EXPECT_EQ(noted(), wanted);
  }

  ingest::LinkStatusBoard board_;
  std::atomic<std::int64_t> now_ = 100;
};

TEST_F(ConnectionsWriterTest, ASiteIsNotedWhileItIsHereAndWhenItWasLast) {
  ConnectionsWriter writer(book(), board_, [this] { return now_.load(); });
  writer.start();
  board_.agent_came("nbcc", 90);
  wait_for({{"nbcc", {true, 90, 100}}});
  board_.agent_went("nbcc", 150);
  wait_for({{"nbcc", {false, 90, 150}}});
}

TEST_F(ConnectionsWriterTest, WhoeverWasHereWhenTheLastGatewayEndedIsNotHereAfterAStart) {
  registration::write_connections(book(), {{"nbcc", {true, 1, 2}}, {"rccc", {false, 3, 4}}});
  ConnectionsWriter writer(book(), board_, [this] { return now_.load(); });
  writer.start();
  wait_for({{"nbcc", {false, 1, 2}}, {"rccc", {false, 3, 4}}});
}

TEST_F(ConnectionsWriterTest, WhatHasHappenedBeforeTheStopIsNoted) {
  ConnectionsWriter writer(book(), board_, [this] { return now_.load(); });
  writer.start();
  board_.agent_came("nbcc", 90);
  board_.agent_went("nbcc", 95);
  writer.stop();
  EXPECT_EQ(noted(), (SiteConnections{{"nbcc", {false, 90, 95}}}));
}

TEST_F(ConnectionsWriterTest, ThatASiteIsStillHereIsSaidOnceAMinute) {
  constexpr std::int64_t kMinuteUs = 60'000'000;
  ConnectionsWriter writer(book(), board_, [this] { return now_.load(); });
  board_.agent_came("nbcc", 90);
  writer.start();
  wait_for({{"nbcc", {true, 90, 100}}});
  now_ = 100 + kMinuteUs;
  wait_for({{"nbcc", {true, 90, 100 + kMinuteUs}}});
}

TEST_F(ConnectionsWriterTest, OneThatCannotBeReadIsBegunAnew) {
  write("registration/connections.json", "damaged");
  ConnectionsWriter writer(book(), board_, [this] { return now_.load(); });
  board_.agent_came("nbcc", 90);
  writer.start();
  writer.stop();
  EXPECT_EQ(noted(), (SiteConnections{{"nbcc", {true, 90, 100}}}));
}

}  // namespace
}  // namespace icom::serve
