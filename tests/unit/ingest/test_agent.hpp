// An agent reduced to what a test says, over plain loopback TCP.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"

namespace icom::ingest {

/// Every call waits for its end, five seconds at most. For one thread.
class TestAgent {
 public:
  using Error = boost::system::error_code;

  explicit TestAgent(std::uint16_t port, const char* path = link::kPath) : socket_(io_) {
    namespace asio = boost::asio;
    const asio::ip::tcp::endpoint gateway(asio::ip::address_v4::loopback(), port);
    opened_ = wait([&](auto done) { socket_.next_layer().async_connect(gateway, done); });
    if (opened_) return;
    socket_.next_layer().socket().set_option(asio::ip::tcp::no_delay(true));
    socket_.binary(true);
    opened_ = wait([&](auto done) { socket_.async_handshake("gateway", path, done); });
  }

  /// Why there is no WebSocket, if there is none.
  [[nodiscard]] Error opened() const { return opened_; }

  Error send_bytes(const std::string& bytes) {
    return wait([&](auto done) {
      socket_.async_write(boost::asio::buffer(bytes),
                          [done](Error error, std::size_t) { done(error); });
    });
  }
  Error send(const link::ToGateway& message) { return send_bytes(message.SerializeAsString()); }
  Error send_text(const std::string& text) {
    socket_.text(true);
    return send_bytes(text);
  }
  /// A Frames message that closes the batch in `encoder`.
  Error send_batch() {
    link::ToGateway message;
    message.mutable_frames()->set_compressed(encoder.finish());
    return send(message);
  }

  /// The next message. Nothing when the connection is over; end() then says how.
  std::optional<link::ToAgent> receive() {
    end_ = wait([&](auto done) {
      socket_.async_read(buffer_, [done](Error error, std::size_t) { done(error); });
    });
    if (end_) return std::nullopt;
    link::ToAgent message;
    const auto bytes = buffer_.cdata();
    const bool parsed = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    buffer_.clear();
    if (!parsed) return std::nullopt;
    return message;
  }
  /// Keeps the connection busy for a while without a message coming. True if none came.
  bool receives_nothing_for(std::chrono::milliseconds time) {
    bool came = false;
    io_.restart();
    socket_.async_read(buffer_, [&](Error, std::size_t) { came = true; });
    io_.run_for(time);
    const bool nothing = !came;
    drop();
    io_.restart();
    io_.run();
    return nothing;
  }
  [[nodiscard]] Error end() const { return end_; }
  [[nodiscard]] boost::beast::websocket::close_reason reason() const { return socket_.reason(); }

  void close() {
    wait(
        [&](auto done) { socket_.async_close(boost::beast::websocket::close_code::normal, done); });
  }
  void drop() { socket_.next_layer().close(); }

  link::BatchEncoder encoder;

 private:
  template <typename Start>
  Error wait(Start start) {
    std::optional<Error> result;
    io_.restart();
    start([&result](Error error) { result = error; });
    io_.run_for(std::chrono::seconds(5));
    if (result) return *result;
    drop();
    io_.run();
    return boost::asio::error::timed_out;
  }

  boost::asio::io_context io_;
  boost::beast::websocket::stream<boost::beast::tcp_stream> socket_;
  boost::beast::flat_buffer buffer_;
  Error opened_;
  Error end_;
};

}  // namespace icom::ingest
