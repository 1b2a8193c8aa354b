// A simulator and its clients in the test's own process and thread, over real loopback sockets.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <functional>
#include <iomanip>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "common/icom/frame_identity.hpp"
#include "tests/simulator/simulator.hpp"
#include "tests/unit/simulator/scratch_folder.hpp"

namespace icom::simulator {

/// Connects at construction. Reads only once told to, and closes when its connection has ended.
class LoopbackClient {
 public:
  LoopbackClient(boost::asio::io_context& io, std::uint16_t port) : socket_(io) {
    using boost::asio::ip::tcp;
    socket_.open(tcp::v4());
    // Small, so that a client that does not read is felt by its sender soon.
    socket_.set_option(boost::asio::socket_base::receive_buffer_size(4096));
    socket_.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));
  }

  void read() {
    socket_.async_read_some(boost::asio::buffer(room_),
                            [this](boost::system::error_code error, std::size_t size) {
                              append(received_, Bytes(room_).first(size));
                              if (error) {
                                end_ = error;
                                socket_.close();
                              } else {
                                read();
                              }
                            });
  }
  void send(std::string_view text) { boost::asio::write(socket_, boost::asio::buffer(text)); }
  void say_goodbye() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  void reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
  }

  [[nodiscard]] const ByteVector& received() const { return received_; }
  [[nodiscard]] bool ended() const { return end_.has_value(); }
  [[nodiscard]] bool ended_by_fin() const { return end_ == boost::asio::error::eof; }
  [[nodiscard]] bool ended_by_reset() const { return end_ == boost::asio::error::connection_reset; }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::array<std::byte, 64 * 1024> room_{};
  ByteVector received_;
  std::optional<boost::system::error_code> end_;
};

/// One line of a ledger that is no comment.
struct LedgerLine {
  int client = 0;
  std::string time;
  std::string counter;
  std::string hash;
  std::size_t size = 0;
  std::string kind;
};

class SimulatorRun : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kDeadline{30};

  SimulatorRun() {
    options.stream.start = parse_linac_time("2026-03-02 08:00:00").value();
    options.stream.day.idle_frames = 2;
    options.stream.day.beam_frames = 20;
    options.speed = 1000;
    options.wait_for_client = true;
    // On a slow machine a client of ours is slow, too: it is to be dropped only where a test says
    // so.
    options.session.backlog_bound = std::size_t{1} << 30U;
    options.ledger = folder / "ledger";
    options.report = folder / "report.json";
  }

  void start() {
    simulator = std::make_unique<Simulator>(io, options, out);
    simulator->start();
  }

  LoopbackClient& connect() {
    clients.push_back(std::make_unique<LoopbackClient>(io, simulator->port()));
    return *clients.back();
  }

  /// Connects a client that reads until its connection ends.
  LoopbackClient& connect_reader() {
    LoopbackClient& client = connect();
    client.read();
    return client;
  }

  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline)
          << "what was waited for did not come; " << out.str();
      io.restart();
      io.run_for(std::chrono::milliseconds(5));  // asking may take longer than an event
    }
  }

  /// Until the simulation has ended by itself.
  void run_to_end() {
    bool finished = false;
    simulator->on_finished([&] { finished = true; });
    run_until([&] { return finished; });
    for (const auto& client : clients) {
      run_until([&] { return client->ended(); });
    }
  }

  std::vector<LedgerLine> ledger() const {
    std::vector<LedgerLine> lines;
    for (const auto& text : lines_of(folder / "ledger")) {
      if (text.starts_with('#')) continue;
      std::istringstream columns(text);
      LedgerLine line;
      std::string wall;
      std::string patient;
      columns >> line.client >> wall >> line.time >> line.counter >> line.hash >> line.size >>
          patient >> line.kind;
      lines.push_back(line);
    }
    return lines;
  }

  std::size_t comments(const std::string& about) const {
    std::size_t count = 0;
    for (const auto& text : lines_of(folder / "ledger"))
      count += text.starts_with("# " + about) ? 1U : 0U;
    return count;
  }

  nlohmann::json report() const {
    std::ifstream in(folder / "report.json");
    return nlohmann::json::parse(in);
  }

  /// What the client received is, byte for byte, what the ledger says was sent to it.
  void expect_received_as_booked(const LoopbackClient& client, int number) const {
    std::size_t at = 0;
    for (const auto& line : ledger()) {
      if (line.client != number) continue;
      ASSERT_LE(at + line.size, client.received().size());
      std::ostringstream hash;
      hash << std::hex << std::setw(16) << std::setfill('0')
           << content_hash(Bytes(client.received()).subspan(at, line.size));
      ASSERT_EQ(hash.str(), line.hash) << "at byte " << at << ", a " << line.kind;
      at += line.size;
    }
    EXPECT_EQ(at, client.received().size());
  }

  std::vector<std::string> kinds_sent_to(int number) const {
    std::vector<std::string> kinds;
    for (const auto& line : ledger()) {
      if (line.client == number) kinds.push_back(line.kind);
    }
    return kinds;
  }

  ScratchFolder folder;
  boost::asio::io_context io;
  Options options;
  std::ostringstream out;
  std::unique_ptr<Simulator> simulator;
  std::vector<std::unique_ptr<LoopbackClient>> clients;
};

}  // namespace icom::simulator
