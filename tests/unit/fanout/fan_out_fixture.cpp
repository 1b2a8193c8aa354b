#include "tests/unit/fanout/fan_out_fixture.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>

#include "tests/unit/os/free_port.hpp"

namespace icom::fanout {

namespace asio = boost::asio;
using asio::ip::tcp;

TestClient::TestClient(asio::io_context& io, std::uint16_t port, Reads reads) : socket_(io) {
  socket_.open(tcp::v4());
  if (reads == Reads::when_asked) {
    socket_.set_option(asio::socket_base::receive_buffer_size(4096));
  }
  socket_.connect({asio::ip::address_v4::loopback(), port});
  if (reads == Reads::at_once) read();
}

void TestClient::read() {
  socket_.async_read_some(asio::buffer(buffer_),
                          [this, there = std::weak_ptr<bool>(there_)](
                              boost::system::error_code error, std::size_t size) {
                            if (there.expired()) return;
                            received.append(buffer_.data(), size);
                            if (!error) {
                              read();
                            } else {
                              ended = error == asio::error::eof ? "fin" : "reset";
                            }
                          });
}

void TestClient::send(const std::string& text) {
  asio::write(socket_, asio::buffer(text));
}

void TestClient::close() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

FanOutTest::FanOutTest() {
  make_server({.goodbye = std::chrono::milliseconds(20)});
}

FanOutTest::~FanOutTest() {
  io_.stop();
}

void FanOutTest::make_server(const Limits& limits) {
  server_ = std::make_unique<FanOutServer>(io_.get_executor(), limits);
}

void FanOutTest::open(const std::vector<std::string>& serials) {
  for (const auto& serial : serials) {
    settings_.ports.push_back({serial, {"127.0.0.1", free_port()}});
  }
  apply();
  run_until([&] {
    return std::ranges::all_of(serials, [this](const auto& one) { return status(one).listening; });
  });
}

void FanOutTest::run_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "not within ten seconds";
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds(10));
  }
}

std::unique_ptr<TestClient> FanOutTest::connect(const std::string& serial,
                                                TestClient::Reads reads) {
  const auto before = status(serial).clients_total;
  auto client = std::make_unique<TestClient>(io_, port(serial), reads);
  run_until([&] { return status(serial).clients_total > before; });
  return client;
}

PortStatus FanOutTest::status(const std::string& serial) const {
  const auto all = server_->status();
  const auto found = std::ranges::find(all, serial, &PortStatus::serial);
  return found == all.end() ? PortStatus{} : *found;
}

std::uint16_t FanOutTest::port(const std::string& serial) const {
  const auto found = std::ranges::find(settings_.ports, serial, &config::FanOutPort::serial);
  if (found == settings_.ports.end()) throw std::logic_error("no port of " + serial);
  return found->listen.port;
}

}  // namespace icom::fanout
