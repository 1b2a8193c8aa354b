// A gateway's ingest with a fake store behind it.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/link/proof.hpp"
#include "gateway/ingest/ingest_server.hpp"
#include "tests/unit/icom/frame_builder.hpp"
#include "tests/unit/ingest/fake_sink.hpp"
#include "tests/unit/ingest/test_agent.hpp"

namespace icom::ingest {

inline const std::string kToken = "the token of nbcc, thirty-two ..";
inline constexpr store::LinacId k4299 = 11;
inline constexpr store::LinacId k9183 = 12;
inline constexpr store::LinacId k2619 = 13;

inline std::vector<RegisteredSite> example_sites() {
  return {{"nbcc", Credentials(kToken), {{"4299", k4299}, {"9183", k9183}}},
          {"rccc", Credentials("the token of rccc, thirty-two .."), {{"2619", k2619}}}};
}

inline void add_spool(link::Hello& hello, const std::string& serial, std::uint32_t number,
                      const std::vector<std::uint64_t>& runs = {}) {
  link::SpoolState& spool = *hello.add_spools();
  spool.set_serial(serial);
  spool.set_linac(number);
  for (const std::uint64_t run : runs) spool.add_runs(run);
}

/// What nbcc's agent says and proves: 4299 is its number 1, 9183 its number 2.
inline link::Hello example_hello(const std::vector<std::uint64_t>& runs = {}) {
  link::Hello hello;
  hello.set_protocol(link::kLinkProtocol);
  hello.set_site("nbcc");
  hello.set_token(kToken);
  hello.set_agent_version("0.1.0");
  add_spool(hello, "4299", 1, runs);
  add_spool(hello, "9183", 2);
  return hello;
}

/// The first message of a site's agent.
inline link::ToGateway hello_of(const std::string& site) {
  link::ToGateway message;
  message.mutable_hello()->set_protocol(link::kLinkProtocol);
  message.mutable_hello()->set_site(site);
  message.mutable_hello()->set_nonce(link::make_nonce());
  return message;
}

/// The same of an agent of before: its token in clear.
inline link::Hello clear_hello(const std::vector<std::uint64_t>& runs = {}) {
  link::Hello hello = example_hello(runs);
  hello.set_protocol(link::kClearTokenProtocol);
  return hello;
}

inline ByteVector example_frame(std::uint64_t seq) {
  const auto tick = static_cast<unsigned>(seq);
  test::FrameSpec spec;
  spec.time = test::time_after(tick / 4);
  spec.counter = static_cast<std::uint8_t>(tick);
  spec.items = test::typical_items(test::Patient{}, tick);
  return test::build_frame(spec);
}

/// Keeps who was told of.
class NotedNewcomers final : public Newcomers {
 public:
  std::vector<std::string> note(const std::string& site,
                                const std::vector<Newcomer>& linacs) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [serial, address] : linacs) {
      noted_.push_back(site + ' ' + serial + ' ' + address);
    }
    changed_.notify_all();
    return std::vector<std::string>(linacs.size(), "waits");
  }
  void withdraw(const std::string& site, const std::vector<std::string>& serials) override {
    const std::lock_guard lock(mutex_);
    for (const std::string& serial : serials) withdrawn_.push_back(site + ' ' + serial);
  }
  [[nodiscard]] std::vector<std::string> noted() const {
    const std::lock_guard lock(mutex_);
    return noted_;
  }
  [[nodiscard]] std::vector<std::string> withdrawn() const {
    const std::lock_guard lock(mutex_);
    return withdrawn_;
  }
  /// Until so many were told of; false after 5 s.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(5), [&] { return noted_.size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> noted_;
  std::vector<std::string> withdrawn_;
};

class IngestTest : public testing::Test {
 protected:
  /// Starts with limits of the test's own, if need be.
  void start(IngestServer::Options options = {}) {
    server_ = std::make_unique<IngestServer>(std::move(options), registry_, sink_, board_);
    server_->start();
  }
  std::unique_ptr<TestAgent> connect() {
    auto agent = std::make_unique<TestAgent>(server_->port());
    EXPECT_FALSE(agent->opened()) << agent->opened().message();
    return agent;
  }
  /// What the gateway answers to `hello`.
  static link::ToAgent greet(TestAgent& agent, const link::Hello& hello) {
    return agent.greet(hello);
  }
  /// An agent that has been welcomed.
  std::unique_ptr<TestAgent> welcome_agent() {
    auto agent = connect();
    EXPECT_TRUE(greet(*agent, example_hello()).has_welcome());
    return agent;
  }
  /// Adds the frame numbered `seq` to the agent's batch.
  static void add_frame(TestAgent& agent, std::uint32_t number, std::uint64_t seq,
                        std::uint64_t run = 77) {
    const ByteVector bytes = example_frame(seq);
    link::LinkEntry entry;
    entry.linac = number;
    entry.run = run;
    entry.seq = seq;
    entry.bytes = bytes;
    agent.encoder.add(entry);
  }
  static void send_frame(TestAgent& agent, std::uint32_t number, std::uint64_t seq,
                         std::uint64_t run = 77) {
    add_frame(agent, number, seq, run);
    agent.send_batch();
  }
  /// The next message must be a refusal, and the end of the connection must follow.
  static link::Refused refusal_and_end(TestAgent& agent) {
    return refusal_and_end(agent, agent.receive().value_or(link::ToAgent()));
  }
  static link::Refused refusal_and_end(TestAgent& agent, const link::ToAgent& message) {
    EXPECT_TRUE(message.has_refused());
    EXPECT_FALSE(agent.receive().has_value());
    EXPECT_EQ(agent.end(), boost::beast::websocket::error::closed);
    return message.refused();
  }

  SiteRegistry registry_{example_sites()};
  FakeSink sink_;
  LinkStatusBoard board_;
  std::unique_ptr<IngestServer> server_;
};

}  // namespace icom::ingest
