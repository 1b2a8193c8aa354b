// Beast's WebSocket over a channel, as the link uses it.
#include <gtest/gtest.h>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>
#include <csignal>

#include "common/ssh/channel_websocket.hpp"
#include "tests/unit/ssh/coroutine_test.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace icom::ssh {
namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

using Client = websocket::stream<Channel>;

/// How the server's side of a WebSocket ended.
struct ServerEnd {
  explicit ServerEnd(const net::any_io_executor& executor) : happened(executor) {}
  Condition happened;
  std::optional<error_code> error;
};

/// Sends every message back.
net::awaitable<void> echo_messages(tcp::socket socket, ServerEnd& end) {
  websocket::stream<tcp::socket> stream(std::move(socket));
  stream.read_message_max(0);
  stream.binary(true);
  auto [error] = co_await stream.async_accept(kAsTuple);
  while (!error) {
    beast::flat_buffer message;
    std::tie(error, std::ignore) = co_await stream.async_read(message, kAsTuple);
    if (error) break;
    const auto bytes = message.data();
    std::tie(error, std::ignore) = co_await stream.async_write(bytes, kAsTuple);
  }
  end.error = error;
  end.happened.notify();
}

net::awaitable<void> send_all(Client& stream, const std::vector<std::string>& messages) {
  for (const std::string& message : messages) {
    co_await stream.async_write(net::buffer(message), net::use_awaitable);
  }
}

net::awaitable<void> receive_all(Client& stream, const std::vector<std::string>& messages) {
  for (const std::string& message : messages) {
    beast::flat_buffer buffer;
    co_await stream.async_read(buffer, net::use_awaitable);
    EXPECT_TRUE(beast::buffers_to_string(buffer.data()) == message) << message.size();
  }
}

net::awaitable<Client> connect(Session& session, std::uint16_t port, std::chrono::seconds idle) {
  Channel channel = co_await session.open_channel("127.0.0.1", port, kSoon);
  Client stream(std::move(channel));
  websocket::stream_base::timeout limits{kSoon, idle, true};
  stream.set_option(limits);
  stream.read_message_max(0);
  stream.binary(true);
  co_await stream.async_handshake("gateway", "/", net::use_awaitable);
  co_return stream;
}

TEST(WebSocket, SmallAndLargeMessagesEchoInBothDirectionsAtOnceAndCloseInOrder) {
  const Sshd sshd;
  net::io_context io;
  ServerEnd end(io.get_executor());
  const Server server(io,
                      [&](tcp::socket socket) { return echo_messages(std::move(socket), end); });
  const auto body = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(sshd.settings(), kSoon);
    Client stream = co_await connect(*session, server.port(), kSoon);
    std::vector<std::string> messages;
    for (std::uint32_t i = 0; i < 200; ++i) messages.push_back(pattern(i * i, i));
    messages.push_back(pattern(std::size_t{5} << 20U, 1));
    messages.push_back(pattern(1, 2));
    messages.push_back(pattern(std::size_t{12} << 20U, 3));
    Group group(session->get_executor());
    group.spawn(send_all(stream, messages));
    group.spawn(receive_all(stream, messages));
    co_await group.wait();

    const auto [error] = co_await stream.async_close(websocket::close_code::normal, kAsTuple);
    EXPECT_FALSE(error) << error.message();
    while (!end.error) co_await end.happened.wait();
    EXPECT_EQ(*end.error, websocket::error::closed);
    EXPECT_TRUE(session->is_open());
    co_await session->close(kSoon);
  };
  run(io, body());
}

TEST(WebSocket, PeerThatAnswersNoPingIsFoundByTheIdleTimeout) {
  const Sshd sshd;
  net::io_context io;
  ServerEnd end(io.get_executor());
  const Server server(io,
                      [&](tcp::socket socket) { return echo_messages(std::move(socket), end); });
  const auto body = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(sshd.settings(), kSoon);
    Client stream = co_await connect(*session, server.port(), std::chrono::seconds(1));
    sshd.signal_all(SIGSTOP);
    beast::flat_buffer buffer;
    const auto [error, size] = co_await stream.async_read(buffer, kAsTuple);
    EXPECT_EQ(error, beast::error::timeout);
    EXPECT_FALSE(stream.next_layer().is_open());
  };
  run(io, body());
}

TEST(WebSocket, ServerThatGoesAwayEndsAPendingRead) {
  const Sshd sshd;
  net::io_context io;
  ServerEnd end(io.get_executor());
  const Server server(io,
                      [&](tcp::socket socket) { return echo_messages(std::move(socket), end); });
  const auto body = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(sshd.settings(), kSoon);
    Client stream = co_await connect(*session, server.port(), kSoon);
    sshd.signal_all(SIGKILL);
    beast::flat_buffer buffer;
    const auto [error, size] = co_await stream.async_read(buffer, kAsTuple);
    EXPECT_EQ(error, net::error::connection_reset);
  };
  run(io, body());
}

}  // namespace
}  // namespace icom::ssh
