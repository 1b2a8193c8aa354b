// Ports at the server whose connections come to us, through a real sshd.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/read.hpp>
#include <csignal>
#include <optional>
#include <set>

#include "tests/unit/ssh/coroutine_test.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace icom::ssh {
namespace {

using ::testing::HasSubstr;

constexpr const char* kLoopback = "127.0.0.1";

net::awaitable<tcp::socket> visit(net::any_io_executor executor, std::uint16_t port) {
  tcp::socket socket(executor);
  co_await socket.async_connect({net::ip::address_v4::loopback(), port}, net::use_awaitable);
  co_return socket;
}

/// Sends back what comes through a channel, as echo() does through a socket.
net::awaitable<void> echo_channel(Channel channel) {
  std::vector<char> bytes(1U << 16U);
  for (;;) {
    const auto [read_error, got] = co_await channel.async_read_some(net::buffer(bytes), kAsTuple);
    if (read_error) break;
    const auto [error, sent] =
        co_await net::async_write(channel, net::buffer(bytes, got), kAsTuple);
    if (error) break;
  }
}

net::awaitable<std::string> send_and_receive(tcp::socket& socket, const std::string& bytes) {
  Group group(socket.get_executor());
  const auto send = [&]() -> net::awaitable<void> {
    co_await net::async_write(socket, net::buffer(bytes), net::use_awaitable);
    socket.shutdown(tcp::socket::shutdown_send);
  };
  group.spawn(send());
  std::string back;
  co_await net::async_read(socket, net::dynamic_buffer(back), kAsTuple);
  co_await group.wait();
  co_return back;
}

net::awaitable<std::optional<Error>> listen_error(Session& session, std::uint16_t port) {
  try {
    co_await session.listen(kLoopback, port, kSoon);
  } catch (const Error& error) {
    co_return error;
  }
  co_return std::nullopt;
}

class ListenerTest : public ::testing::Test {
 protected:
  using Body = std::function<net::awaitable<void>(Session&)>;

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

TEST_F(ListenerTest, ConnectionToTheServersPortComesHereAndItsBytesGoBothWays) {
  const Sshd sshd;
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Listener listener = co_await session.listen(kLoopback, 0, kSoon);
    tcp::socket visitor = co_await visit(io_.get_executor(), listener.port());
    Channel channel = co_await listener.accept();
    Group group(session.get_executor());
    group.spawn(echo_channel(std::move(channel)));
    const std::string bytes = pattern(8'000'000, 1);
    const std::string back = co_await send_and_receive(visitor, bytes);
    EXPECT_TRUE(back == bytes);
    co_await group.wait();
  });
}

TEST_F(ListenerTest, SeveralListenersGetTheirOwnConnectionsEach) {
  const Sshd sshd;
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    constexpr std::size_t kListeners = 5;
    std::vector<std::optional<Listener>> listeners(kListeners);
    // Asked for all at once: the requests queue, also behind a channel that is being opened.
    Group opening(session.get_executor());
    const Server server(io_, echo);
    const auto open = [&]() -> net::awaitable<void> {
      co_await session.open_channel(kLoopback, server.port(), kSoon);
    };
    const auto listen = [&](std::size_t i) -> net::awaitable<void> {
      listeners[i].emplace(co_await session.listen(kLoopback, 0, kSoon));
    };
    opening.spawn(open());
    for (std::size_t i = 0; i < kListeners; ++i) opening.spawn(listen(i));
    co_await opening.wait();

    std::vector<tcp::socket> visitors;
    for (auto& listener : listeners) {
      visitors.push_back(co_await visit(io_.get_executor(), listener->port()));
    }
    for (std::size_t i = 0; i < kListeners; ++i) {
      Channel channel = co_await listeners[i]->accept();
      const std::string name = "listener " + std::to_string(i);
      co_await net::async_write(channel, net::buffer(name), net::use_awaitable);
      channel.close();
      std::string text;
      co_await net::async_read(visitors[i], net::dynamic_buffer(text), kAsTuple);
      EXPECT_EQ(text, name);
    }
  });
}

TEST_F(ListenerTest, PortThatIsHeldIsRefusedInWordsUntilItIsFree) {
  const Sshd sshd;
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    auto holder = std::make_unique<Server>(io_, echo);
    const std::uint16_t port = holder->port();
    const auto error = co_await listen_error(session, port);
    EXPECT_TRUE(error);
    if (!error) co_return;
    EXPECT_EQ(error->category(), Category::refused);
    EXPECT_THAT(error->what(), HasSubstr("listening at 127.0.0.1:" + std::to_string(port)));
    EXPECT_THAT(error->what(), HasSubstr("held by an earlier session"));
    EXPECT_THAT(error->what(), HasSubstr("permitlisten"));
    holder.reset();
    const Listener listener = co_await session.listen(kLoopback, port, kSoon);
    EXPECT_EQ(listener.port(), port);
  });
}

TEST_F(ListenerTest, ClosedListenersPortIsFreeAgainAndItsConnectionsGoOn) {
  const Sshd sshd;
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    std::optional<Listener> listener;
    listener.emplace(co_await session.listen(kLoopback, 0, kSoon));
    const std::uint16_t port = listener->port();
    tcp::socket visitor = co_await visit(io_.get_executor(), port);
    Channel channel = co_await listener->accept();
    // One that nobody has accepted is closed with the listener.
    tcp::socket unseen = co_await visit(io_.get_executor(), port);
    listener.reset();
    std::string nothing;
    const auto [end, size] =
        co_await net::async_read(unseen, net::dynamic_buffer(nothing), kAsTuple);
    EXPECT_TRUE(end);
    EXPECT_EQ(size, 0U);

    const Listener again = co_await session.listen(kLoopback, port, kSoon);
    EXPECT_EQ(again.port(), port);
    Group group(session.get_executor());
    group.spawn(echo_channel(std::move(channel)));
    EXPECT_EQ(co_await send_and_receive(visitor, "still there"), "still there");
    co_await group.wait();
  });
}

TEST_F(ListenerTest, AcceptThatWaitsEndsWithTheListenerAndWithTheSession) {
  const Sshd sshd;
  const auto body = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(sshd.settings(), kSoon);
    std::vector<Category> ends;
    const auto wait_for_end = [&](Listener& listener) -> net::awaitable<void> {
      try {
        co_await listener.accept();
        ADD_FAILURE() << "accepted";
      } catch (const Error& error) {
        ends.push_back(error.category());
      }
    };
    Listener first = co_await session->listen(kLoopback, 0, kSoon);
    Listener second = co_await session->listen(kLoopback, 0, kSoon);
    Group group(session->get_executor());
    group.spawn(wait_for_end(first));
    co_await net::post(io_, net::use_awaitable);
    first.close();
    co_await group.wait();
    group.spawn(wait_for_end(second));
    co_await net::post(io_, net::use_awaitable);
    sshd.signal_all(SIGKILL);
    co_await group.wait();
    EXPECT_EQ(ends, (std::vector{Category::closed, Category::network}));
    EXPECT_FALSE(session->is_open());
  };
  run(io_, body());
}

TEST_F(ListenerTest, PortOutsideThePermittedOnesIsRefused) {
  SshdOptions options;
  options.restrictions = "restrict,port-forwarding,permitlisten=\"127.0.0.1:1\"";
  const Sshd sshd(options);
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    const Server somebody(io_, echo);
    const auto error = co_await listen_error(session, somebody.port());
    EXPECT_TRUE(error);
    EXPECT_EQ(error.value_or(Error(Category::closed, "")).category(), Category::refused);
    EXPECT_TRUE(session.is_open());
  });
}

TEST_F(ListenerTest, ConnectionsThatNobodyHasAcceptedYetAreKept) {
  const Sshd sshd;
  with_session(sshd.settings(), [&](Session& session) -> net::awaitable<void> {
    Listener listener = co_await session.listen(kLoopback, 0, kSoon);
    constexpr std::size_t kWaiting = 20;
    std::vector<tcp::socket> visitors;
    for (std::size_t i = 0; i < kWaiting; ++i) {
      visitors.push_back(co_await visit(io_.get_executor(), listener.port()));
    }
    std::set<std::string> seen;
    std::set<std::string> expected;
    for (std::size_t i = 0; i < kWaiting; ++i) {
      const std::string name = std::to_string(100 + i);
      expected.insert(name);
      co_await net::async_write(visitors[i], net::buffer(name), net::use_awaitable);
      Channel channel = co_await listener.accept();
      std::string text(3, '\0');
      co_await net::async_read(channel, net::buffer(text), net::use_awaitable);
      seen.insert(text);
    }
    EXPECT_EQ(seen, expected);
  });
}

TEST_F(ListenerTest, PingIsAnsweredAlsoByAServerThatAllowsNoSession) {
  SshdOptions options;
  options.config = "MaxSessions 0\n";
  const Sshd strict(options);
  const Sshd usual;
  for (const Sshd* sshd : {&usual, &strict}) {
    with_session(sshd->settings(), [&](Session& session) -> net::awaitable<void> {
      for (int i = 0; i < 3; ++i) co_await session.ping(kSoon);
      EXPECT_TRUE(session.is_open());
    });
  }
}

TEST_F(ListenerTest, PingOfAStoppedServerTimesOut) {
  const Sshd sshd;
  const auto body = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(sshd.settings(), kSoon);
    co_await session->ping(kSoon);
    sshd.signal_all(SIGSTOP);
    try {
      co_await session->ping(std::chrono::seconds(1));
      ADD_FAILURE() << "answered";
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), Category::timeout);
    }
    session->abort();
  };
  run(io_, body());
}

}  // namespace
}  // namespace icom::ssh
