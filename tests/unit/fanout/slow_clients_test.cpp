// Clients that do not read: cut off, and nobody waits for them.
#include <gmock/gmock.h>

#include "tests/unit/fanout/fan_out_fixture.hpp"

namespace icom::fanout {
namespace {

using testing::IsEmpty;

/// A stream in which every piece tells where it is.
std::string piece(std::size_t number, std::size_t size) {
  std::string bytes = "piece " + std::to_string(number) + ' ';
  bytes.resize(size, static_cast<char>('a' + number % 26));
  return bytes;
}

class SlowClients : public FanOutTest {
 protected:
  /// Publishes pieces until it is true, as fast as the one who reads gets them; then until that one
  /// has them all.
  void publish_until(const TestClient& reader, std::size_t size,
                     const std::function<bool()>& condition) {
    run_until([&] {
      if (condition()) return true;
      if (reader.received.size() == sent_.size()) {
        const std::string bytes = piece(number_++, size);
        sent_ += bytes;
        frame(bytes);
      }
      return false;
    });
    run_until([&] { return reader.received.size() >= sent_.size(); });
  }

  std::string sent_;
  std::size_t number_ = 0;
};

TEST_F(SlowClients, OneBeyondItsBoundIsCutOffWithFinAndTheOthersMissNothing) {
  make_server({.waiting_bytes = 100'000, .goodbye = std::chrono::milliseconds(5)});
  open({"4299"});
  const auto good = connect();
  const auto slow = connect("4299", TestClient::Reads::when_asked);
  publish_until(*good, 8051, [this] { return status().cut_off == 1; });
  publish_until(*good, 8051, [&] { return sent_.size() > 5'000'000; });
  EXPECT_TRUE(good->received == sent_);
  EXPECT_THAT(good->ended, IsEmpty());
  EXPECT_EQ(status().clients, 1U);

  // Whoever reads on after all finds the stream up to some byte, and then the FIN.
  slow->read();
  run_until([&] { return !slow->ended.empty(); });
  EXPECT_EQ(slow->ended, "fin");
  EXPECT_FALSE(slow->received.empty());
  EXPECT_TRUE(sent_.starts_with(slow->received));
}

TEST_F(SlowClients, OneThatTakesNothingIsCutOffThoughLittleWaits) {
  make_server({.stalled = std::chrono::milliseconds(50), .goodbye = std::chrono::milliseconds(5)});
  open({"4299"});
  const auto slow = connect("4299", TestClient::Reads::when_asked);
  // More than the kernel takes, and less than the bound.
  const std::string bytes = piece(0, 3'000'000);
  frame(bytes);
  run_until([this] { return status().cut_off == 1; });
  EXPECT_EQ(status().clients, 0U);
  slow->read();
  run_until([&] { return !slow->ended.empty(); });
  EXPECT_EQ(slow->ended, "fin");
  EXPECT_TRUE(bytes.starts_with(slow->received));
  EXPECT_LT(slow->received.size(), bytes.size());
}

TEST_F(SlowClients, OneThatPausesWithinItsBoundsGetsEverything) {
  open({"4299"});
  const auto client = connect("4299", TestClient::Reads::when_asked);
  std::string sent;
  for (std::size_t number = 0; number < 400; ++number) {
    const std::string bytes = piece(number, 8051);
    sent += bytes;
    frame(bytes);
    io_.restart();
    io_.poll();
  }
  client->read();
  run_until([&] { return client->received.size() >= sent.size(); });
  EXPECT_TRUE(client->received == sent);
  EXPECT_THAT(client->ended, IsEmpty());
}

TEST_F(SlowClients, APieceLargerThanTheBoundGoesToWhoeverHasNothingWaiting) {
  make_server({.waiting_bytes = 1000});
  open({"4299"});
  const auto client = connect();
  const std::string large = piece(0, 1'000'000);
  frame(large);
  run_until([&] { return client->received.size() >= large.size(); });
  EXPECT_TRUE(client->received == large);
}

}  // namespace
}  // namespace icom::fanout
