// A fan-out and its clients on one thread.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/fanout/fan_out_server.hpp"

namespace icom::fanout {

/// Reads all that comes, once it reads.
class TestClient {
 public:
  enum class Reads { at_once, when_asked };

  TestClient(boost::asio::io_context& io, std::uint16_t port, Reads reads = Reads::at_once);

  void read();
  void send(const std::string& text);
  /// FIN; reading goes on.
  void close();

  std::string received;
  std::string ended;  ///< empty, or how the other side has ended it: "fin", "reset"

 private:
  boost::asio::ip::tcp::socket socket_;
  std::array<char, 65536> buffer_{};
  std::shared_ptr<bool> there_ = std::make_shared<bool>(true);  ///< for a read that outlives it
};

class FanOutTest : public testing::Test {
 protected:
  FanOutTest();
  ~FanOutTest() override;

  /// A fan-out with other limits; before anything else.
  void make_server(const Limits& limits);
  /// Ports of these serials on loopback, each on a free port of the machine.
  void open(const std::vector<std::string>& serials);
  void apply() { server_->apply(settings_); }
  /// Runs all that is to be run until it is true. Fails the test after ten seconds.
  void run_until(const std::function<bool()>& condition);
  /// A client that has been taken.
  std::unique_ptr<TestClient> connect(const std::string& serial = "4299",
                                      TestClient::Reads reads = TestClient::Reads::at_once);

  void frame(const std::string& bytes, const std::string& serial = "4299") {
    server_->publish(serial, Piece::copy_of(as_bytes(bytes), true));
  }
  void junk(const std::string& bytes, const std::string& serial = "4299") {
    server_->publish(serial, Piece::copy_of(as_bytes(bytes), false));
  }
  [[nodiscard]] PortStatus status(const std::string& serial = "4299") const;
  [[nodiscard]] std::uint16_t port(const std::string& serial = "4299") const;

  boost::asio::io_context io_{1};
  config::FanOutSettings settings_;
  std::unique_ptr<FanOutServer> server_;
};

}  // namespace icom::fanout
