#include "common/fanout/fan_out_server.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/udp.hpp>

#include "tests/unit/fanout/fan_out_fixture.hpp"
#include "tests/unit/os/free_port.hpp"

namespace icom::fanout {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(FanOutTest, AClientGetsEveryByteFromTheNextFrameOnWhatIsBetweenFramesIncluded) {
  open({"4299"});
  frame("before");
  const auto client = connect();
  junk("the rest of a frame");
  frame("first");
  junk("odd bytes");
  frame("second");
  frame("third");
  const std::string expected = "firstodd bytessecondthird";
  run_until([&] { return client->received.size() >= expected.size(); });
  EXPECT_EQ(client->received, expected);
  EXPECT_THAT(client->ended, IsEmpty());
  EXPECT_EQ(status().sent_bytes, expected.size());
}

TEST_F(FanOutTest, EachLinacsClientsGetThatLinacsBytes) {
  open({"4299", "9183"});
  const auto one = connect("4299");
  const auto other = connect("9183");
  frame("of 4299", "4299");
  frame("of 9183", "9183");
  frame("of neither", "9002");
  run_until([&] { return !one->received.empty() && !other->received.empty(); });
  EXPECT_EQ(one->received, "of 4299");
  EXPECT_EQ(other->received, "of 9183");
}

TEST_F(FanOutTest, SixtyFourClientsGetTheSameAndOneMoreIsClosedAtOnce) {
  open({"4299"});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(connect());
  TestClient one_more(io_, port());
  run_until([&] { return !one_more.ended.empty(); });
  EXPECT_EQ(one_more.ended, "fin");
  EXPECT_EQ(status().refused, 1U);

  std::string expected;
  for (int number = 0; number < 20; ++number) {
    const std::string bytes(8051, static_cast<char>('a' + number));
    frame(bytes);
    expected += bytes;
  }
  run_until([&] {
    return std::ranges::all_of(
        clients, [&](const auto& client) { return client->received.size() >= expected.size(); });
  });
  for (const auto& client : clients) EXPECT_EQ(client->received, expected);
  EXPECT_THAT(one_more.received, IsEmpty());

  clients.pop_back();
  run_until([&] { return status().clients == 63; });
  connect();
}

TEST_F(FanOutTest, WhatAClientSendsIsReadAndComesToNothing) {
  open({"4299"});
  const auto client = connect();
  client->send(std::string(100'000, '?'));
  frame("all the same");
  run_until([&] { return client->received == "all the same"; });
  client->close();
  run_until([&] { return !client->ended.empty(); });
  EXPECT_EQ(client->ended, "fin");
  run_until([&] { return status().clients == 0; });
  EXPECT_EQ(status().cut_off, 0U);
  EXPECT_EQ(status().clients_total, 1U);
}

TEST_F(FanOutTest, AStreamWithAHoleEndsWithFinAndThoseOfOtherLinacsGoOn) {
  open({"4299", "9183"});
  const auto client = connect("4299");
  const auto other = connect("9183");
  frame("so far", "4299");
  run_until([&] { return client->received == "so far"; });
  server_->cut_off("4299", "something is missing");
  frame("behind the hole", "4299");
  frame("on", "9183");
  run_until([&] { return !client->ended.empty() && other->received == "on"; });
  EXPECT_EQ(client->ended, "fin");
  EXPECT_EQ(client->received, "so far");
  run_until([&] { return status("4299").clients == 0; });
  EXPECT_EQ(status("4299").cut_off, 1U);
  EXPECT_THAT(other->ended, IsEmpty());
}

// --- settings that change ----------------------------------------------------------------------

TEST_F(FanOutTest, ChangedSettingsTouchOnlyWhatDiffers) {
  open({"4299", "9183", "9002"});
  const auto stays = connect("4299");
  const auto goes = connect("9183");
  const auto moves = connect("9002");
  const std::uint16_t old_port = port("9002");
  settings_.ports.erase(settings_.ports.begin() + 1);
  settings_.ports.at(1).listen.port = free_port();
  settings_.allow.push_back(config::parse_network("192.0.2.0/24").value());
  open({"2619"});

  run_until([&] { return !goes->ended.empty() && !moves->ended.empty(); });
  EXPECT_EQ(goes->ended, "fin");
  EXPECT_EQ(moves->ended, "fin");
  EXPECT_THROW(TestClient(io_, old_port), boost::system::system_error);
  run_until([&] { return status("9002").listening; });
  const auto moved = connect("9002");
  const auto added = connect("2619");
  for (const char* serial : {"4299", "9183", "9002", "2619"}) frame(serial, serial);
  run_until([&] { return moved->received == "9002" && added->received == "2619"; });
  EXPECT_EQ(stays->received, "4299");
  EXPECT_EQ(status("4299").clients_total, 1U);
  EXPECT_EQ(server_->status().size(), 3U);
}

TEST_F(FanOutTest, TwoLinacsMayChangePlaces) {
  open({"4299", "9183"});
  std::swap(settings_.ports.at(0).listen, settings_.ports.at(1).listen);
  apply();
  run_until([&] { return status("4299").listening && status("9183").listening; });
  const auto client = connect("4299");
  frame("of 9183", "9183");
  frame("of 4299", "4299");
  run_until([&] { return !client->received.empty(); });
  EXPECT_EQ(client->received, "of 4299");
}

// --- addresses ---------------------------------------------------------------------------------

TEST_F(FanOutTest, APortInUseSaysSoAndIsTakenOnceItIsFreeWhileTheRestGoesOn) {
  make_server({.retry = std::chrono::milliseconds(5)});
  tcp::acceptor holder(io_, {asio::ip::address_v4::loopback(), 0});
  settings_.ports.push_back({"4299", {"127.0.0.1", holder.local_endpoint().port()}});
  settings_.ports.push_back({"9183", {"192.0.2.1", 17061}});
  open({"9002"});
  run_until([&] { return !status("4299").problem.empty() && !status("9183").problem.empty(); });
  EXPECT_THAT(status("4299").problem, HasSubstr("in use"));
  EXPECT_THAT(status("9183").problem, HasSubstr("assign"));
  const auto client = connect("9002");
  frame("of 9002", "9002");
  run_until([&] { return client->received == "of 9002"; });
  EXPECT_FALSE(status("4299").listening);

  holder.close();
  run_until([&] { return status("4299").listening; });
  EXPECT_THAT(status("4299").problem, IsEmpty());
  connect("4299");
}

/// An address of this machine that is not loopback; nothing if it has none.
std::optional<asio::ip::address_v4> own_address() {
  asio::io_context io;
  asio::ip::udp::socket socket(io, asio::ip::udp::v4());
  boost::system::error_code error;
  // Sends nothing: the kernel says from which address it would.
  socket.connect({asio::ip::make_address_v4("192.0.2.1"), 9}, error);
  if (error) return std::nullopt;
  return socket.local_endpoint().address().to_v4();
}

TEST_F(FanOutTest, WhoIsNotAllowedIsClosedAtOnceAndWhoNoLongerIsGetsAFin) {
  const auto address = own_address();
  if (!address) GTEST_SKIP() << "this machine has no address but loopback";
  settings_.ports.push_back({"4299", {"0.0.0.0", free_port()}});
  apply();
  run_until([&] { return status().listening; });
  const auto connect_from_outside = [&] {
    tcp::socket socket(io_);
    socket.connect({*address, port()});
    return socket;
  };
  const auto end_of = [&](tcp::socket& socket) {
    std::array<char, 64> buffer{};
    std::optional<boost::system::error_code> end;
    socket.async_read_some(asio::buffer(buffer),
                           [&](boost::system::error_code error, std::size_t) { end = error; });
    run_until([&] { return end.has_value(); });
    return *end;
  };
  tcp::socket stranger = connect_from_outside();
  EXPECT_EQ(end_of(stranger), asio::error::eof);
  EXPECT_EQ(status().refused, 1U);
  EXPECT_EQ(status().clients_total, 0U);

  settings_.allow.push_back({*address, 32});
  apply();
  tcp::socket allowed = connect_from_outside();
  run_until([&] { return status().clients == 1; });
  const auto local = connect();
  settings_.allow.clear();
  apply();
  EXPECT_EQ(end_of(allowed), asio::error::eof);
  allowed.close();
  frame("on");
  run_until([&] { return local->received == "on" && status().clients == 1; });
  EXPECT_EQ(status().cut_off, 1U);
}

// --- the end -----------------------------------------------------------------------------------

TEST_F(FanOutTest, AStopSendsWhatWaitsThenFinAndListensNoMore) {
  open({"4299", "9183"});
  const auto one = connect("4299");
  const auto other = connect("9183");
  frame("the last", "4299");
  bool stopped = false;
  asio::co_spawn(io_, server_->stop(), [&](const std::exception_ptr&) { stopped = true; });
  run_until([&] { return stopped; });
  run_until([&] { return !one->ended.empty() && !other->ended.empty(); });
  EXPECT_EQ(one->received, "the last");
  EXPECT_EQ(one->ended, "fin");
  EXPECT_EQ(other->ended, "fin");
  EXPECT_THROW(TestClient(io_, port()), boost::system::system_error);
  EXPECT_THAT(server_->status(), IsEmpty());
}

TEST_F(FanOutTest, AStopDoesNotWaitLongForAClientThatDoesNotAnswer) {
  make_server({.goodbye = std::chrono::milliseconds(10)});
  open({"4299"});
  const auto silent = connect("4299", TestClient::Reads::when_asked);
  frame(std::string(2'000'000, 'x'));
  bool stopped = false;
  asio::co_spawn(io_, server_->stop(), [&](const std::exception_ptr&) { stopped = true; });
  run_until([&] { return stopped; });
}

}  // namespace
}  // namespace icom::fanout
