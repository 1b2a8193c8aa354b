// The connection breaks, stalls, or is ended: every operation ends too, and says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>

#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/unit/ssh/coroutine_test.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace icom::ssh {
namespace {

using ::testing::HasSubstr;

/// Writes and reads until both have met an error, and calls `at` once so many bytes have come back.
struct BusyChannel {
  explicit BusyChannel(Channel& channel) : channel_(channel), bytes_(pattern(1U << 20U, 1)) {}

  net::awaitable<void> write() {
    while (!write_error_) {
      std::tie(write_error_, std::ignore) =
          co_await channel_.async_write_some(net::buffer(bytes_), kAsTuple);
    }
  }

  net::awaitable<void> read(std::size_t when, std::function<void()> then) {
    std::vector<char> buffer(1U << 16U);
    std::size_t total = 0;
    while (!read_error_) {
      std::size_t got = 0;
      std::tie(read_error_, got) = co_await channel_.async_read_some(net::buffer(buffer), kAsTuple);
      total += got;
      if (total >= when && then) std::exchange(then, nullptr)();
    }
  }

  /// Both directions busy; `then` strikes after 4 MB.
  net::awaitable<void> run_until_broken(std::function<void()> then) {
    Group group(channel_.get_executor());
    group.spawn(write());
    group.spawn(read(std::size_t{4} << 20U, std::move(then)));
    co_await group.wait();
  }

  Channel& channel_;
  std::string bytes_;
  error_code write_error_;
  error_code read_error_;
};

/// Bytes that the server on this port has sent and its client has not read, by the kernel's table
/// of connections: a line's 2nd and 3rd fields are its ends, the 5th what is unsent and unread
/// there.
std::uint64_t on_the_way_from(std::uint16_t port) {
  const auto after_colon = [](const std::string& field) {
    return std::stoull(field.substr(field.find(':') + 1), nullptr, 16);
  };
  std::ifstream table("/proc/net/tcp");
  std::uint64_t bytes = 0;
  std::string line;
  for (std::getline(table, line); std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    std::string queues;
    fields >> number >> local >> remote >> state >> queues;
    if (after_colon(local) == port) bytes += std::stoull(queues, nullptr, 16);
    if (after_colon(remote) == port) bytes += after_colon(queues);
  }
  return bytes;
}

class Failure : public testing::Test {
 protected:
  using Body = std::function<net::awaitable<void>(const std::shared_ptr<Session>&, Channel&)>;

  /// Runs `body` on a session with one channel open, to a server that echoes.
  void with_channel(const Settings& settings, const Body& body) {
    const auto all = [&]() -> net::awaitable<void> {
      const auto session = co_await Session::connect(settings, kSoon);
      Channel channel = co_await session->open_channel("127.0.0.1", server.port(), kSoon);
      co_await body(session, channel);
    };
    run(io, all());
  }

  const Sshd sshd;
  net::io_context io;
  const Server server{io, echo};
};

TEST_F(Failure, KilledServerEndsOperationsInTheMiddleOfATransfer) {
  with_channel(sshd.settings(), [&](const auto& session, Channel& channel) -> net::awaitable<void> {
    BusyChannel busy(channel);
    co_await busy.run_until_broken([&] { sshd.signal_all(SIGKILL); });
    EXPECT_EQ(busy.write_error_, net::error::connection_reset);
    EXPECT_EQ(busy.read_error_, net::error::connection_reset);
    EXPECT_FALSE(session->is_open());
    EXPECT_EQ(session->failure()->category(), Category::network);
    EXPECT_THAT(session->failure()->what(), HasSubstr("127.0.0.1:"));
    try {
      co_await session->open_channel("127.0.0.1", server.port(), kSoon);
      ADD_FAILURE() << "opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), Category::network);
    }
    co_await session->close(kSoon);
  });
}

TEST_F(Failure, StoppedServerIsGivenUpByTheWatchdog) {
  Settings settings = sshd.settings();
  settings.limits.stall = std::chrono::milliseconds(500);
  // So that the two kernels do not take a whole window of bytes on behalf of a server that is not
  // there.
  settings.limits.socket_buffer = 4096;
  with_channel(settings, [&](const auto& session, Channel& channel) -> net::awaitable<void> {
    sshd.signal_all(SIGSTOP);
    BusyChannel busy(channel);
    co_await busy.run_until_broken(nullptr);
    EXPECT_EQ(busy.write_error_, net::error::timed_out);
    EXPECT_EQ(busy.read_error_, net::error::timed_out);
    EXPECT_EQ(session->failure()->category(), Category::timeout);
    EXPECT_THAT(session->failure()->what(), HasSubstr("no progress"));
  });
}

/// It waits until it has said all, and takes nothing before: nor would it notice the end.
TEST_F(Failure, TargetThatWaitsForAClosedChannelToReadGetsTheRestAndTheEnd) {
  const std::string much = pattern(std::size_t{16} << 20U, 3);
  const std::string ours = pattern(std::size_t{24} << 20U, 4);
  std::optional<std::size_t> taken;
  Condition done(io.get_executor());
  const Server talker(io, [&](tcp::socket socket) -> net::awaitable<void> {
    co_await net::async_write(socket, net::buffer(much), kAsTuple);
    // sshd resets a connection of which it has bytes left to read when it closes it, and a reset
    // takes with it what the target has yet to read.
    net::steady_timer look(io);
    while (on_the_way_from(socket.local_endpoint().port()) > 0) {
      look.expires_after(std::chrono::milliseconds(1));
      co_await look.async_wait(kAsTuple);
    }
    std::vector<char> room(1U << 16U);
    std::size_t total = 0;
    for (;;) {
      const auto [error, got] = co_await socket.async_read_some(net::buffer(room), kAsTuple);
      if (error) break;
      total += got;
    }
    taken = total;
    done.notify();
  });
  Settings settings = sshd.settings();
  settings.limits.channel_close = kSoon * 3;
  const auto body = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(settings, kSoon);
    std::size_t written = 0;
    {
      Channel channel = co_await session->open_channel("127.0.0.1", talker.port(), kSoon);
      // All that the channel takes before the target reads: the last of it waits for the window.
      net::steady_timer patience(io, std::chrono::milliseconds(300));
      patience.async_wait([&](error_code error) {
        if (!error) channel.cancel();
      });
      for (error_code error; !error;) {
        std::size_t got = 0;
        std::tie(error, got) = co_await channel.async_write_some(
            net::buffer(ours.data() + written, ours.size() - written), kAsTuple);
        written += got;
        if (written == ours.size()) break;
        patience.expires_after(std::chrono::milliseconds(300));
        patience.async_wait([&](error_code cancelled) {
          if (!cancelled) channel.cancel();
        });
      }
    }
    while (!taken) co_await done.wait();
    EXPECT_EQ(*taken, written);
    co_await session->close(kSoon);
  };
  run(io, body());
}

TEST_F(Failure, TargetThatReadsNothingIsNotTakenForAStall) {
  Condition go_on(io.get_executor());
  const Server slow(io, [&](tcp::socket socket) -> net::awaitable<void> {
    co_await go_on.wait();
    co_await echo(std::move(socket));
  });
  Settings settings = sshd.settings();
  settings.limits.stall = std::chrono::milliseconds(200);
  const auto body = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(settings, kSoon);
    Channel channel = co_await session->open_channel("127.0.0.1", slow.port(), kSoon);
    const std::string bytes = pattern(std::size_t{24} << 20U, 2);
    Group group(session->get_executor());
    group.spawn(write_in_pieces(channel, bytes, 1));
    // Nothing can arrive: this read ends by the session's end, or after several times the limit.
    char byte = 0;
    std::optional<error_code> ended;
    Condition done(io.get_executor());
    net::cancellation_signal cancel;
    channel.async_read_some(
        net::buffer(&byte, 1),
        net::bind_cancellation_slot(cancel.slot(), [&](error_code error, std::size_t) {
          ended = error;
          done.notify();
        }));
    net::steady_timer several_times_the_limit(io, std::chrono::seconds(1));
    several_times_the_limit.async_wait(
        [&](error_code) { cancel.emit(net::cancellation_type::total); });
    while (!ended) co_await done.wait();
    EXPECT_EQ(*ended, net::error::operation_aborted);
    EXPECT_TRUE(session->is_open());
    go_on.notify();
    co_await read_and_compare(channel, bytes);
    co_await group.wait();
    co_await session->close(kSoon);
  };
  run(io, body());
}

TEST_F(Failure, AbortEndsPendingOperations) {
  with_channel(sshd.settings(), [&](const auto& session, Channel& channel) -> net::awaitable<void> {
    BusyChannel busy(channel);
    co_await busy.run_until_broken([&] { session->abort(); });
    EXPECT_EQ(busy.write_error_, net::error::operation_aborted);
    EXPECT_EQ(busy.read_error_, net::error::operation_aborted);
    EXPECT_EQ(session->failure()->category(), Category::closed);
  });
}

TEST_F(Failure, CloseEndsPendingOperationsAndTheServerSeesAGoodbye) {
  with_channel(sshd.settings(), [&](const auto& session, Channel& channel) -> net::awaitable<void> {
    char byte = 0;
    std::optional<error_code> pending;
    channel.async_read_some(net::buffer(&byte, 1),
                            [&](error_code error, std::size_t) { pending = error; });
    co_await session->close(kSoon);
    co_await net::post(io, net::use_awaitable);
    EXPECT_EQ(pending, net::error::operation_aborted);
    co_await session->close(kSoon);
  });
  EXPECT_TRUE(sshd.logs("Received disconnect from 127.0.0.1"));
}

TEST_F(Failure, CloseOfAStoppedServerEndsAtItsDeadline) {
  with_channel(sshd.settings(),
               [&](const auto& session, Channel& /*channel*/) -> net::awaitable<void> {
                 sshd.signal_all(SIGSTOP);
                 co_await session->close(std::chrono::seconds(1));
                 EXPECT_FALSE(session->is_open());
               });
}

TEST_F(Failure, OpenThatIsNotAnsweredTimesOutAndOneBehindItToo) {
  // Once a channel is open, the process that serves the session exists and is stopped too.
  with_channel(
      sshd.settings(), [&](const auto& session, Channel& /*first*/) -> net::awaitable<void> {
        sshd.signal_all(SIGSTOP);
        for (int i = 0; i < 2; ++i) {
          try {
            co_await session->open_channel("127.0.0.1", server.port(), std::chrono::seconds(1));
            ADD_FAILURE() << "opened";
          } catch (const Error& error) {
            EXPECT_EQ(error.category(), Category::timeout);
          }
        }
        sshd.signal_all(SIGCONT);
        // The first is closed as soon as it is answered, the second never went out.
        Channel channel = co_await session->open_channel("127.0.0.1", server.port(), kSoon);
        const std::string bytes = pattern(100'000, 3);
        co_await net::async_write(channel, net::buffer(bytes), net::use_awaitable);
        co_await read_and_compare(channel, bytes);
        co_await session->close(kSoon);
      });
}

TEST_F(Failure, KeepalivesAreSentThatWantNoReply) {
  Settings settings = sshd.settings();
  settings.limits.keepalive = std::chrono::milliseconds(100);
  std::shared_ptr<Session> session;
  const auto connect = [&]() -> net::awaitable<void> {
    session = co_await Session::connect(settings, kSoon);
  };
  net::co_spawn(io, connect(), net::detached);
  const auto deadline = std::chrono::steady_clock::now() + kSoon;
  const std::string request = "keepalive@libssh2.org want_reply 0";
  while (sshd.log().find(request) == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    io.run_one_for(std::chrono::milliseconds(50));
  }
  EXPECT_TRUE(session->is_open());
}

TEST_F(Failure, ChannelsStillOpenWhenTheirContextGoesAreHarmless) {
  auto context = std::make_unique<net::io_context>();
  auto other = std::make_unique<Server>(*context, echo);
  bool open = false;
  net::co_spawn(
      *context,
      [](Settings settings, std::uint16_t port, bool& opened) -> net::awaitable<void> {
        const auto session = co_await Session::connect(std::move(settings), kSoon);
        Channel channel = co_await session->open_channel("127.0.0.1", port, kSoon);
        opened = true;
        char byte = 0;
        co_await channel.async_read_some(net::buffer(&byte, 1), kAsTuple);
      }(sshd.settings(), other->port(), open),
      net::detached);
  while (!open) ASSERT_GT(context->run_one_for(kSoon), 0U);
  other.reset();
  context.reset();
}

}  // namespace
}  // namespace icom::ssh
