// What ingest hands to the store, at a client's end.
#include "gateway/fanout/gateway_fan_out.hpp"

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <chrono>
#include <thread>

#include "tests/unit/ingest/fake_sink.hpp"
#include "tests/unit/os/free_port.hpp"

namespace icom::fanout {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr store::LinacId kLinac = 5;

class GatewayFanOutTest : public testing::Test {
 protected:
  void SetUp() override {
    // Made here, not by two threads at once: the sanitizer does not see how the library guards
    // that.
    spdlog::default_logger_raw();
    sink_.answers_at_once();
  }

  void start(const GatewayFanOut::Options& options = {}) {
    fan_out_.emplace(options);
    through_.emplace(sink_, *fan_out_);
    fan_out_->start();
    fan_out_->apply(settings_, {{kLinac, "4299"}, {6, "9183"}});
  }
  /// Connected, and given a first frame, so that it is certainly there.
  tcp::socket connect() {
    tcp::socket socket(io_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    boost::system::error_code error;
    do {
      socket.close(error);
      socket.connect({asio::ip::address_v4::loopback(), port_}, error);
    } while (error && std::chrono::steady_clock::now() < deadline);
    EXPECT_FALSE(error) << error.message();
    while (socket.available() == 0 && std::chrono::steady_clock::now() < deadline) {
      EXPECT_TRUE(submit({{EntryKind::frame, "hello"}}));
      std::this_thread::yield();
    }
    return socket;
  }
  bool submit(const std::vector<std::pair<EntryKind, std::string>>& entries,
              store::LinacId linac = kLinac) {
    return submit_from(++seq_, entries, linac);
  }
  bool submit_from(std::uint64_t first_seq,
                   const std::vector<std::pair<EntryKind, std::string>>& entries,
                   store::LinacId linac = kLinac) {
    store::IncomingBatch batch;
    batch.linac = linac;
    batch.done = [](bool) {};
    for (const auto& [kind, text] : entries) append(batch.arena, as_bytes(text));
    std::size_t at = 0;
    std::uint64_t seq = first_seq;
    for (const auto& [kind, text] : entries) {
      store::IncomingEntry& entry = batch.entries.emplace_back();
      entry.kind = kind;
      entry.run = 77;
      entry.seq = seq++;
      entry.identity.hash = content_hash(as_bytes(text));
      entry.bytes = Bytes(batch.arena).subspan(at, text.size());
      at += text.size();
    }
    seq_ = std::max(seq_, seq - 1);
    return through_->submit(std::move(batch));
  }
  /// All that comes up to and including `last`, without the frames of connect(). Fails the test if
  /// it has not come within ten seconds, or the connection ends.
  static std::string read_until(tcp::socket& socket, const std::string& last) {
    std::string all;
    socket.non_blocking(true);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!all.ends_with(last) && std::chrono::steady_clock::now() < deadline) {
      std::array<char, 4096> buffer{};
      boost::system::error_code error;
      const std::size_t size = socket.read_some(asio::buffer(buffer), error);
      all.append(buffer.data(), size);
      if (error && error != asio::error::would_block) break;
    }
    EXPECT_TRUE(all.ends_with(last));
    while (all.starts_with("hello")) all.erase(0, 5);
    return all;
  }
  /// How the connection ends, whatever comes before.
  static boost::system::error_code end_of(tcp::socket& socket) {
    socket.non_blocking(true);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    boost::system::error_code error = asio::error::would_block;
    while ((!error || error == asio::error::would_block) &&
           std::chrono::steady_clock::now() < deadline) {
      std::array<char, 4096> buffer{};
      socket.read_some(asio::buffer(buffer), error);
    }
    return error;
  }

  asio::io_context io_;
  std::uint16_t port_ = free_port();
  config::FanOutSettings settings_{{}, {}, {{"4299", {"127.0.0.1", port_}}}};
  ingest::FakeSink sink_;
  std::optional<GatewayFanOut> fan_out_;
  std::optional<FanOutSink> through_;
  std::uint64_t seq_ = 0;
};

TEST_F(GatewayFanOutTest, FramesAndWhatIsBetweenThemComeInTheirOrderAndEventsDoNot) {
  start();
  tcp::socket client = connect();
  submit({{EntryKind::disconnected, "the Linac has closed"},
          {EntryKind::connected, ""},
          {EntryKind::frame, "one"},
          {EntryKind::junk, "odd"}});
  submit({{EntryKind::frame, "of another Linac"}}, 6);
  submit({{EntryKind::hole, "lost"}, {EntryKind::frame, "two"}, {EntryKind::frame, "three"}});
  EXPECT_EQ(read_until(client, "three"), "oneoddtwothree");
}

TEST_F(GatewayFanOutTest, FramesThatCameLateOnAConnectionThatWasGivenUpGoToNoClient) {
  start();
  tcp::socket client = connect();
  submit({{EntryKind::frame, "one"},
          {EntryKind::frame, "nine"},
          {EntryKind::disconnected, "late bytes of a connection that was given up follow"},
          {EntryKind::connected, std::string(kLateConnection)},
          {EntryKind::frame, "one"},
          {EntryKind::frame, "two"}});
  submit({{EntryKind::junk, "late"},
          {EntryKind::frame, "three"},
          {EntryKind::disconnected, "its late bytes end"},
          {EntryKind::connected, ""}});
  submit({{EntryKind::frame, "nine"}, {EntryKind::frame, "ten"}});
  EXPECT_EQ(read_until(client, "ten"), "onenineten");
}

TEST_F(GatewayFanOutTest, WhatIsSentAgainAfterABrokenSessionGoesOutOnce) {
  start();
  tcp::socket client = connect();
  const std::uint64_t first = seq_ + 1;
  submit_from(first, {{EntryKind::frame, "one"}, {EntryKind::frame, "two"}});
  submit_from(first, {{EntryKind::frame, "one"}, {EntryKind::frame, "two"}});
  submit_from(first + 1, {{EntryKind::frame, "two"}, {EntryKind::frame, "three"}});
  EXPECT_EQ(read_until(client, "three"), "onetwothree");
}

TEST_F(GatewayFanOutTest, WhatTheStoreDoesNotTakeNowGoesOutOnceItDoes) {
  start();
  tcp::socket client = connect();
  const std::uint64_t first = seq_ + 1;
  sink_.set_full(true);
  EXPECT_FALSE(submit_from(first, {{EntryKind::frame, "one"}}));
  EXPECT_FALSE(submit_from(first, {{EntryKind::frame, "one"}}));
  sink_.set_full(false);
  EXPECT_TRUE(submit_from(first, {{EntryKind::frame, "one"}, {EntryKind::frame, "two"}}));
  EXPECT_EQ(read_until(client, "two"), "onetwo");
}

TEST_F(GatewayFanOutTest, FramesThatComeTooFastEndTheStreamWithFinRatherThanLeaveAHole) {
  start({.limits = {}, .max_waiting_bytes = 50'000});
  tcp::socket client = connect();
  EXPECT_TRUE(submit({{EntryKind::frame, std::string(60'000, 'x')}})) << "the store takes it";
  EXPECT_EQ(end_of(client), asio::error::eof);
  client.close();
  tcp::socket next = connect();
  submit({{EntryKind::frame, "from here on"}});
  EXPECT_EQ(read_until(next, "from here on"), "from here on");
}

TEST_F(GatewayFanOutTest, APortOfALinacThatNoSiteHasSpeaksOnceOneHas) {
  start();
  fan_out_->apply(settings_, {});
  EXPECT_TRUE(submit({{EntryKind::frame, "of nobody known"}}));
  fan_out_->apply(settings_, {{kLinac, "4299"}});
  tcp::socket client = connect();
  submit({{EntryKind::frame, "registered"}});
  EXPECT_EQ(read_until(client, "registered"), "registered");
}

TEST_F(GatewayFanOutTest, AStopGivesEveryClientItsFinAndMayComeAgain) {
  start();
  tcp::socket client = connect();
  std::thread stopping([this] { fan_out_->stop(); });
  EXPECT_EQ(end_of(client), asio::error::eof);
  client.close();
  stopping.join();
  EXPECT_TRUE(submit({{EntryKind::frame, "to the store alone"}}));
  fan_out_->stop();
}

}  // namespace
}  // namespace icom::fanout
