// Channels as streams, through a real sshd.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/read.hpp>
#include <memory>

#include "tests/unit/ssh/coroutine_test.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace icom::ssh {
namespace {

using ::testing::HasSubstr;

/// Sends bytes of a pattern through an echoing channel, both directions at once, and checks every
/// byte.
net::awaitable<void> exchange(Channel& channel, std::size_t size, std::uint32_t seed) {
  const std::string bytes = pattern(size, seed);
  Group group(channel.get_executor());
  group.spawn(write_in_pieces(channel, bytes, seed));
  group.spawn(read_and_compare(channel, bytes));
  co_await group.wait();
}

/// Takes all that comes, until it ends.
net::awaitable<void> read_all(tcp::socket socket) {
  std::vector<char> bytes(1U << 16U);
  for (error_code error; !error;) {
    std::tie(error, std::ignore) = co_await socket.async_read_some(net::buffer(bytes), kAsTuple);
  }
}

class ChannelTest : public ::testing::Test {
 protected:
  using Body = std::function<net::awaitable<void>(Session&)>;

  /// Runs `body` with a session.
  void with_session(const Settings& settings, Body body) {
    const auto whole = [&]() -> net::awaitable<void> {
      const auto session = co_await Session::connect(settings, kSoon);
      co_await body(*session);
      co_await session->close(kSoon);
    };
    run(io_, whole());
  }

  net::io_context io_;
};

TEST_F(ChannelTest, EchoOf64MegabytesInPiecesOfAllSizesIsEqual) {
  const Sshd sshd;
  const Server server(io_, echo);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Channel channel = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    co_await exchange(channel, std::size_t{64} << 20U, 1);
  });
}

TEST_F(ChannelTest, ManyChannelsAtOnceKeepTheirDataApart) {
  const Sshd sshd;
  const Server server(io_, echo);
  constexpr std::uint32_t kChannels = 12;
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    std::vector<Channel> channels;
    for (std::uint32_t i = 0; i < kChannels; ++i) {
      channels.push_back(co_await session.open_channel("127.0.0.1", server.port(), kSoon));
    }
    Group group(session.get_executor());
    for (std::uint32_t i = 0; i < kChannels; ++i) {
      group.spawn(exchange(channels[i], std::size_t{1} << 20U, i + 1));
    }
    co_await group.wait();
  });
}

TEST_F(ChannelTest, ChannelsThatSendAtOnceShareTheWire) {
  const Sshd sshd;
  const Server server(io_, read_all);
  constexpr std::size_t kChannels = 8;
  constexpr std::size_t kEnough = std::size_t{16} << 20U;
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    const std::string bytes = pattern(std::size_t{1} << 18U, 9);
    std::vector<std::size_t> sent(kChannels, 0);
    bool enough = false;
    const auto send = [&](Channel& channel, std::size_t& count) -> net::awaitable<void> {
      while (!enough) {
        count += co_await channel.async_write_some(net::buffer(bytes), net::use_awaitable);
        enough = enough || count >= kEnough;
      }
    };
    std::vector<Channel> channels;
    for (std::size_t i = 0; i < kChannels; ++i) {
      channels.push_back(co_await session.open_channel("127.0.0.1", server.port(), kSoon));
    }
    Group group(session.get_executor());
    for (std::size_t i = 0; i < kChannels; ++i) group.spawn(send(channels[i], sent[i]));
    co_await group.wait();
    for (const std::size_t count : sent) EXPECT_GT(count, kEnough / 16);
  });
}

TEST_F(ChannelTest, ReaderThatPausesDoesNotHoldUpTheOthers) {
  const Sshd sshd;
  const Server flood(io_, [](tcp::socket socket) -> net::awaitable<void> {
    const std::string bytes = pattern(std::size_t{8} << 20U, 3);
    co_await net::async_write(socket, net::buffer(bytes), kAsTuple);
  });
  const Server server(io_, echo);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Channel paused = co_await session.open_channel("127.0.0.1", flood.port(), kSoon);
    Channel busy = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    co_await exchange(busy, std::size_t{8} << 20U, 4);
    co_await read_and_compare(paused, pattern(std::size_t{8} << 20U, 3));
  });
}

TEST_F(ChannelTest, OpensBegunAtOnceReachTheirOwnTargets) {
  const Sshd sshd;
  constexpr int kTargets = 6;
  std::vector<std::unique_ptr<Server>> servers;
  for (int i = 0; i < kTargets; ++i) {
    servers.push_back(
        std::make_unique<Server>(io_, [i](tcp::socket socket) -> net::awaitable<void> {
          const std::string name = "target " + std::to_string(i);
          co_await net::async_write(socket, net::buffer(name), kAsTuple);
        }));
  }
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    const auto visit = [&](int i) -> net::awaitable<void> {
      Channel channel = co_await session.open_channel("127.0.0.1", servers.at(i)->port(), kSoon);
      std::string text;
      const auto [error, size] =
          co_await net::async_read(channel, net::dynamic_buffer(text), kAsTuple);
      EXPECT_EQ(error, net::error::eof);
      EXPECT_EQ(text, "target " + std::to_string(i));
    };
    Group group(session.get_executor());
    for (int i = 0; i < kTargets; ++i) group.spawn(visit(i));
    co_await group.wait();
  });
}

TEST_F(ChannelTest, TargetOutsideThePermittedOnesIsRefused) {
  const Server permitted(io_, echo);
  const Server other(io_, echo);
  SshdOptions options;
  options.restrictions =
      "restrict,port-forwarding,permitopen=\"127.0.0.1:" + std::to_string(permitted.port()) + "\"";
  const Sshd sshd(options);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    try {
      co_await session.open_channel("127.0.0.1", other.port(), kSoon);
      ADD_FAILURE() << "opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), Category::prohibited);
      EXPECT_THAT(error.what(), HasSubstr("administratively prohibited"));
    }
    Channel channel = co_await session.open_channel("127.0.0.1", permitted.port(), kSoon);
    co_await exchange(channel, 100'000, 1);
  });
}

TEST_F(ChannelTest, TargetThatDoesNotListenIsRefusedAndTheSessionGoesOn) {
  const Sshd sshd;
  const Server server(io_, echo);
  std::uint16_t unused = 0;
  {
    const Server gone(io_, echo);
    unused = gone.port();
  }
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    try {
      co_await session.open_channel("127.0.0.1", unused, kSoon);
      ADD_FAILURE() << "opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), Category::refused);
      EXPECT_THAT(error.what(), HasSubstr("connect failed"));
    }
    Channel channel = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    co_await exchange(channel, 100'000, 1);
  });
}

TEST_F(ChannelTest, ShutdownOfSendingLeavesReadingOpenUntilThePeersEnd) {
  const Sshd sshd;
  const Server server(io_, echo);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Channel channel = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    const std::string bytes = pattern(3'000'000, 5);
    Group group(session.get_executor());
    group.spawn(read_and_compare(channel, bytes));
    co_await net::async_write(channel, net::buffer(bytes), net::use_awaitable);
    channel.shutdown_send();
    co_await group.wait();
    char byte = 0;
    const auto [read_error, got] =
        co_await channel.async_read_some(net::buffer(&byte, 1), kAsTuple);
    EXPECT_EQ(read_error, net::error::eof);
    const auto [write_error, sent] =
        co_await channel.async_write_some(net::buffer(&byte, 1), kAsTuple);
    EXPECT_EQ(write_error, net::error::broken_pipe);
  });
}

TEST_F(ChannelTest, WhatWasWrittenBeforeCloseArrivesWhole) {
  const Sshd sshd;
  std::string arrived;
  Condition done(io_.get_executor());
  bool ended = false;
  const Server server(io_, [&](tcp::socket socket) -> net::awaitable<void> {
    co_await net::async_read(socket, net::dynamic_buffer(arrived), kAsTuple);
    ended = true;
    done.notify();
  });
  const std::string bytes = pattern(5'000'000, 6);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Channel channel = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    co_await net::async_write(channel, net::buffer(bytes), net::use_awaitable);
    co_await session.close(kSoon);
    while (!ended) co_await done.wait();
  });
  EXPECT_TRUE(arrived == bytes);
}

TEST_F(ChannelTest, PeerThatClosesWhileWritesArePendingEndsThem) {
  const Sshd sshd;
  // Takes no byte, and hangs up when it is told to.
  Condition hang_up(io_.get_executor());
  const Server server(io_, [&](tcp::socket socket) -> net::awaitable<void> {
    co_await hang_up.wait();
    socket.set_option(tcp::socket::linger(true, 0));
  });
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Channel channel = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    // Far more than all the buffers on the way hold, so some write must wait for ever.
    constexpr std::size_t kTooMuch = std::size_t{64} << 20U;
    const std::string bytes = pattern(std::size_t{1} << 20U, 7);
    error_code end;
    const auto write_until_the_end = [&]() -> net::awaitable<void> {
      for (std::size_t written = 0; !end && written < kTooMuch;) {
        std::size_t size = 0;
        std::tie(end, size) = co_await channel.async_write_some(net::buffer(bytes), kAsTuple);
        written += size;
        if (written > bytes.size()) hang_up.notify();
      }
    };
    Group group(session.get_executor());
    group.spawn(write_until_the_end());
    char byte = 0;
    const auto [read_error, got] =
        co_await channel.async_read_some(net::buffer(&byte, 1), kAsTuple);
    EXPECT_EQ(read_error, net::error::eof);
    co_await group.wait();
    EXPECT_EQ(end, net::error::broken_pipe);
    EXPECT_TRUE(session.is_open());
  });
}

TEST_F(ChannelTest, CancelledOperationsEndAndTheChannelGoesOn) {
  const Sshd sshd;
  const Server server(io_, echo);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Channel channel = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    char byte = 0;
    std::optional<error_code> by_channel;
    channel.async_read_some(net::buffer(&byte, 1),
                            [&](error_code error, std::size_t) { by_channel = error; });
    channel.cancel();
    std::optional<error_code> by_signal;
    net::cancellation_signal signal;
    channel.async_read_some(
        net::buffer(&byte, 1),
        net::bind_cancellation_slot(signal.slot(),
                                    [&](error_code error, std::size_t) { by_signal = error; }));
    signal.emit(net::cancellation_type::total);
    co_await exchange(channel, 100'000, 8);
    EXPECT_EQ(by_channel, net::error::operation_aborted);
    EXPECT_EQ(by_signal, net::error::operation_aborted);
  });
}

TEST_F(ChannelTest, CompletionNeverRunsInsideTheInitiatingCall) {
  const Sshd sshd;
  const Server server(io_, echo);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Channel channel = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    bool wrote = false;
    bool read = false;
    channel.async_write_some(net::buffer("x", 1), [&](error_code, std::size_t) { wrote = true; });
    channel.async_read_some(net::mutable_buffer(), [&](error_code error, std::size_t size) {
      EXPECT_FALSE(error);
      EXPECT_EQ(size, 0U);
      read = true;
    });
    EXPECT_FALSE(wrote);
    EXPECT_FALSE(read);
    co_await net::post(io_, net::use_awaitable);
    co_await net::post(io_, net::use_awaitable);
    EXPECT_TRUE(wrote);
    EXPECT_TRUE(read);
  });
}

TEST_F(ChannelTest, ClosingAndMovedFromChannelsAreHarmless) {
  const Sshd sshd;
  const Server server(io_, echo);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Channel first = co_await session.open_channel("127.0.0.1", server.port(), kSoon);
    Channel second = std::move(first);
    first.close();
    EXPECT_FALSE(first.is_open());
    EXPECT_TRUE(second.is_open());
    co_await exchange(second, 100'000, 9);
    char byte = 0;
    std::optional<error_code> pending;
    second.async_read_some(net::buffer(&byte, 1),
                           [&](error_code error, std::size_t) { pending = error; });
    second.close();
    second.close();
    EXPECT_FALSE(second.is_open());
    co_await net::post(io_, net::use_awaitable);
    const auto [error, size] = co_await second.async_read_some(net::buffer(&byte, 1), kAsTuple);
    EXPECT_EQ(error, net::error::operation_aborted);
    EXPECT_EQ(pending, net::error::operation_aborted);
  });
}

TEST_F(ChannelTest, ChannelOutlivesTheSessionsHandle) {
  const Sshd sshd;
  const Server server(io_, echo);
  const auto body = [&]() -> net::awaitable<void> {
    auto session = co_await Session::connect(sshd.settings(), kSoon);
    Channel channel = co_await session->open_channel("127.0.0.1", server.port(), kSoon);
    session.reset();
    co_await exchange(channel, 100'000, 10);
  };
  run(io_, body());
}

}  // namespace
}  // namespace icom::ssh
