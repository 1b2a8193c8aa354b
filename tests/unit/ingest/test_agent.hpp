// An agent reduced to what a test says, over plain loopback TCP.
#pragma once

#include <boost/asio/error.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/link/batch_codec.hpp"
#include "common/link/limits.hpp"
#include "common/link/link.pb.h"

namespace icom::ingest {

/// Every call waits for its end, five seconds at most. For one thread. What Beast costs to compile
/// stays in the .cpp.
class TestAgent {
 public:
  using Error = boost::system::error_code;

  explicit TestAgent(std::uint16_t port, const char* path = link::kPath);
  ~TestAgent();
  TestAgent(const TestAgent&) = delete;
  TestAgent& operator=(const TestAgent&) = delete;

  /// Why there is no WebSocket, if there is none.
  [[nodiscard]] Error opened() const;

  /// Says Hello, proves that it knows `token`, and has the gateway prove the same; from then on
  /// what is sent bears seals. Gives the gateway's other answer, if it has one.
  std::optional<link::ToAgent> prove(const std::string& site, const std::string& token);
  /// What `hello` has of it. The answer, or an empty message if the connection is over.
  link::ToAgent announce(const link::Hello& hello);
  /// prove() and an announcement of the spools in `hello`; of kClearTokenProtocol as it stands.
  /// Gives the answer.
  link::ToAgent greet(const link::Hello& hello);

  Error send_bytes(const std::string& bytes);
  /// Without a seal.
  Error send_unsealed(const std::string& bytes);
  Error send(const link::ToGateway& message) { return send_bytes(message.SerializeAsString()); }
  Error send_text(const std::string& text);
  /// A Frames message that closes the batch in `encoder`.
  Error send_batch();

  /// The next message. Nothing when the connection is over; end() then says how.
  std::optional<link::ToAgent> receive();
  /// As receive(), whatever the message is.
  std::optional<std::string> receive_bytes();
  /// Keeps the connection busy for a while without a message coming. True if none came.
  bool receives_nothing_for(std::chrono::milliseconds time);
  [[nodiscard]] Error end() const;
  [[nodiscard]] boost::beast::websocket::close_reason reason() const;

  void close();
  void drop();

  link::BatchEncoder encoder;

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace icom::ingest
