#include "tests/unit/ingest/test_agent.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "common/link/message_seal.hpp"
#include "common/link/proof.hpp"

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
  std::optional<link::MessageSealer> sealer;
  std::optional<link::SealChecker> checker;
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

std::optional<link::ToAgent> TestAgent::prove(const std::string& site, const std::string& token) {
  link::Transcript transcript{
      link::kLinkPurpose, link::kLinkProtocol, site, link::make_nonce(), {}};
  link::ToGateway message;
  message.mutable_hello()->set_protocol(link::kLinkProtocol);
  message.mutable_hello()->set_site(site);
  message.mutable_hello()->set_nonce(transcript.agent_nonce);
  send(message);
  auto answer = receive().value_or(link::ToAgent());
  if (!answer.has_challenge()) return answer;
  transcript.gateway_nonce = answer.challenge().nonce();
  message.mutable_proof()->set_mac(link::proof_of(link::Role::agent, token, transcript));
  send(message);
  answer = receive().value_or(link::ToAgent());
  if (!link::proves(answer.proof().mac(), link::Role::gateway, token, transcript)) return answer;
  connection_->sealer.emplace(link::session_key(link::Role::agent, token, transcript));
  connection_->checker.emplace(link::session_key(link::Role::gateway, token, transcript));
  return std::nullopt;
}

link::ToAgent TestAgent::announce(const link::Hello& hello) {
  link::ToGateway message;
  message.mutable_announcement()->set_agent_version(hello.agent_version());
  *message.mutable_announcement()->mutable_spools() = hello.spools();
  send(message);
  return receive().value_or(link::ToAgent());
}

link::ToAgent TestAgent::greet(const link::Hello& hello) {
  if (hello.protocol() == link::kClearTokenProtocol) {
    link::ToGateway message;
    *message.mutable_hello() = hello;
    send(message);
    return receive().value_or(link::ToAgent());
  }
  if (const auto answer = prove(hello.site(), hello.token())) return *answer;
  return announce(hello);
}

TestAgent::Error TestAgent::send_bytes(const std::string& bytes) {
  return send_unsealed(connection_->sealer ? connection_->sealer->seal(bytes) : bytes);
}

TestAgent::Error TestAgent::send_unsealed(const std::string& bytes) {
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
  const auto bytes = receive_bytes();
  link::ToAgent message;
  if (!bytes || !message.ParseFromString(*bytes)) return std::nullopt;
  return message;
}

std::optional<std::string> TestAgent::receive_bytes() {
  auto& buffer = connection_->buffer;
  connection_->end = connection_->wait([&](auto done) {
    connection_->socket.async_read(buffer, [done](Error error, std::size_t) { done(error); });
  });
  if (connection_->end) return std::nullopt;
  const auto data = buffer.cdata();
  std::optional<std::string> bytes(std::in_place, static_cast<const char*>(data.data()),
                                   data.size());
  buffer.clear();
  if (connection_->checker) {
    const auto opened = connection_->checker->open(*bytes);
    if (!opened) return std::nullopt;
    bytes->resize(opened->size());
  }
  return bytes;
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
