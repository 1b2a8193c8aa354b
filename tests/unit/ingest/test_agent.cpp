#include "tests/unit/ingest/test_agent.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace icom::ingest {

namespace asio = boost::asio;

struct TestAgent::Connection {
  template <typename Start>
  Error wait(Start start) {
    std::optional<Error> result;
    io.restart();
    start([&result](Error error) { result = error; });
    io.run_for(std::chrono::seconds(5));
    if (result) return *result;
    socket.next_layer().close();
    io.run();
    return asio::error::timed_out;
  }

  asio::io_context io;
  boost::beast::websocket::stream<boost::beast::tcp_stream> socket{io};
  boost::beast::flat_buffer buffer;
  Error opened;
  Error end;
};

TestAgent::TestAgent(std::uint16_t port, const char* path)
    : connection_(std::make_unique<Connection>()) {
  auto& socket = connection_->socket;
  Error& opened = connection_->opened;
  const asio::ip::tcp::endpoint gateway(asio::ip::address_v4::loopback(), port);
  opened = connection_->wait([&](auto done) { socket.next_layer().async_connect(gateway, done); });
  if (opened) return;
  socket.next_layer().socket().set_option(asio::ip::tcp::no_delay(true));
  socket.binary(true);
  opened = connection_->wait([&](auto done) { socket.async_handshake("gateway", path, done); });
}

TestAgent::~TestAgent() = default;

TestAgent::Error TestAgent::opened() const {
  return connection_->opened;
}

TestAgent::Error TestAgent::send_bytes(const std::string& bytes) {
  return connection_->wait([&](auto done) {
    connection_->socket.async_write(asio::buffer(bytes),
                                    [done](Error error, std::size_t) { done(error); });
  });
}

TestAgent::Error TestAgent::send_text(const std::string& text) {
  connection_->socket.text(true);
  return send_bytes(text);
}

TestAgent::Error TestAgent::send_batch() {
  link::ToGateway message;
  message.mutable_frames()->set_compressed(encoder.finish());
  return send(message);
}

std::optional<link::ToAgent> TestAgent::receive() {
  auto& buffer = connection_->buffer;
  connection_->end = connection_->wait([&](auto done) {
    connection_->socket.async_read(buffer, [done](Error error, std::size_t) { done(error); });
  });
  if (connection_->end) return std::nullopt;
  link::ToAgent message;
  const auto bytes = buffer.cdata();
  const bool parsed = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  buffer.clear();
  if (!parsed) return std::nullopt;
  return message;
}

bool TestAgent::receives_nothing_for(std::chrono::milliseconds time) {
  bool came = false;
  asio::io_context& io = connection_->io;
  io.restart();
  connection_->socket.async_read(connection_->buffer, [&](Error, std::size_t) { came = true; });
  io.run_for(time);
  const bool nothing = !came;
  drop();
  io.restart();
  io.run();
  return nothing;
}

TestAgent::Error TestAgent::end() const {
  return connection_->end;
}

boost::beast::websocket::close_reason TestAgent::reason() const {
  return connection_->socket.reason();
}

void TestAgent::close() {
  connection_->wait([&](auto done) {
    connection_->socket.async_close(boost::beast::websocket::close_code::normal, done);
  });
}

void TestAgent::drop() {
  connection_->socket.next_layer().close();
}

}  // namespace icom::ingest
