// A site's forwards through a real sshd, from the thread that uses them.
#include "agent/forward/port_forwards.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <deque>
#include <functional>
#include <thread>

#include "tests/unit/os/free_port.hpp"
#include "tests/unit/ssh/coroutine_test.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace icom::forward {
namespace {

namespace net = boost::asio;
using config::ForwardDirection;
using config::ForwardSettings;
using net::ip::tcp;
using ssh::error_code;
using ssh::pattern;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kSoon(20);

/// Until `condition` holds; false after a time in which it should have.
bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + kSoon;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// Echoes on a thread of its own.
class EchoServer {
 public:
  explicit EchoServer(std::uint16_t port = 0)
      : server_(io_, ssh::echo, port), thread_([this] { io_.run(); }) {}
  ~EchoServer() {
    io_.stop();
    thread_.join();
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
  net::io_context io_;
  ssh::Server server_;
  std::thread thread_;
};

/// A blocking client, with a limit to each read.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(io_) {
    socket_.connect({net::ip::address_v4::loopback(), port}, error_);
  }

  bool send(const std::string& text) {
    if (!error_) net::write(socket_, net::buffer(text), error_);
    return !error_;
  }
  bool receives(const std::string& text) {
    std::string back(text.size(), '\0');
    if (!error_) {
      error_ = within_limit([&](auto done) { net::async_read(socket_, net::buffer(back), done); });
    }
    return !error_ && back == text;
  }
  /// Whether it comes back.
  bool exchange(const std::string& text) { return send(text) && receives(text); }
  /// What comes back until the other side's end, after this side's; both directions at once.
  std::string exchange_to_the_end(const std::string& bytes) {
    std::string back;
    error_ = within_limit([&](auto done) {
      net::async_write(socket_, net::buffer(bytes), [this](error_code error, std::size_t /*sent*/) {
        if (!error) socket_.shutdown(tcp::socket::shutdown_send, error);
      });
      net::async_read(socket_, net::dynamic_buffer(back), done);
    });
    return back;
  }
  /// Whether the other side closes, or has, whatever it still sends.
  bool is_closed() {
    std::string rest;
    const error_code error =
        within_limit([&](auto done) { net::async_read(socket_, net::dynamic_buffer(rest), done); });
    return error == net::error::eof || error == net::error::connection_reset;
  }
  [[nodiscard]] bool connected() const { return !error_; }

 private:
  /// How what `begin` begins has ended; a socket that takes too long is closed.
  template <typename Begin>
  error_code within_limit(const Begin& begin) {
    error_code ended = net::error::timed_out;
    begin([&](error_code error, std::size_t /*bytes*/) { ended = error; });
    io_.restart();
    io_.run_for(kSoon);
    if (!io_.stopped()) {
      socket_.close();
      io_.run();
    }
    return ended;
  }

  net::io_context io_;
  tcp::socket socket_;
  error_code error_;
};

class PortForwardsTest : public ::testing::Test {
 protected:
  static config::TunnelSettings tunnel_to(const ssh::Sshd& sshd) {
    const ssh::Settings settings = sshd.settings();
    config::TunnelSettings tunnel;
    tunnel.host = settings.host;
    tunnel.port = settings.port;
    tunnel.user = settings.user;
    tunnel.key = settings.key;
    tunnel.known_hosts = settings.known_hosts;
    return tunnel;
  }

  ForwardSettings forward(const std::string& name, ForwardDirection direction) const {
    ForwardSettings settings;
    settings.name = name;
    settings.direction = direction;
    settings.listen = {"127.0.0.1", free_port()};
    settings.target = {"127.0.0.1", echo_.port()};
    return settings;
  }
  [[nodiscard]] ForwardSettings local(const std::string& name) const {
    return forward(name, ForwardDirection::local);
  }
  [[nodiscard]] ForwardSettings remote(const std::string& name) const {
    return forward(name, ForwardDirection::remote);
  }

  void apply(std::vector<ForwardSettings> wanted) {
    forwards_.apply(tunnel_to(sshd_), std::move(wanted));
  }
  PortForwardStatus status(const std::string& name) {
    for (const auto& one : forwards_.status()) {
      if (one.name == name) return one;
    }
    return {};
  }
  bool comes_up(const std::string& name) {
    return eventually([&] { return status(name).state == "up"; });
  }
  [[nodiscard]] std::size_t opened_channels() const {
    const std::string log = sshd_.log();
    const std::string_view opened = "server_request_direct_tcpip:";
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find(opened, at)) != std::string::npos; ++at) ++count;
    return count;
  }
  bool is_gone(const std::string& name) {
    return eventually([&] { return status(name).name.empty(); });
  }

  const ssh::Sshd sshd_;
  const EchoServer echo_;
  PortForwards forwards_{[] {
    PortForwardsTimings timings;
    timings.lane.backoff = {std::chrono::milliseconds(10), std::chrono::milliseconds(100)};
    timings.lane.fresh = {std::chrono::milliseconds(10), std::chrono::milliseconds(200)};
    timings.forward.retry = std::chrono::milliseconds(50);
    timings.forward.retry_most = std::chrono::milliseconds(200);
    return timings;
  }()};
};

TEST_F(PortForwardsTest, BytesAndTheirEndPassInBothDirectionsOfEitherKind) {
  const auto out = local("out");
  auto in = remote("in");
  in.max_rate = 40'000'000;
  apply({out, in});
  ASSERT_TRUE(comes_up("out") && comes_up("in"));
  const std::string bytes = pattern(6'000'000, 1);
  for (const auto& one : {out, in}) {
    Client client(one.listen.port);
    EXPECT_TRUE(client.exchange_to_the_end(bytes) == bytes) << one.name;
    EXPECT_TRUE(eventually([&] {
      const auto now = status(one.name);
      return now.connections == 0 && now.connections_total == 1 &&
             now.bytes_to_target == bytes.size() && now.bytes_from_target == bytes.size();
    })) << one.name;
  }
}

TEST_F(PortForwardsTest, WhatIsAsBeforeKeepsItsConnectionsWhileOthersComeAndGo) {
  const auto out = local("out");
  const auto in = remote("in");
  const auto leaving = local("leaving");
  const auto leaving_too = remote("leaving-too");
  apply({out, leaving, in, leaving_too});
  for (const auto* name : {"out", "in", "leaving", "leaving-too"}) ASSERT_TRUE(comes_up(name));
  Client stays(out.listen.port);
  Client stays_too(in.listen.port);
  Client goes(leaving.listen.port);
  Client goes_too(leaving_too.listen.port);
  for (Client* const client : {&stays, &stays_too, &goes, &goes_too}) {
    ASSERT_TRUE(client->exchange("before"));
  }

  const auto coming = remote("coming");
  auto with_other_limits = in;
  with_other_limits.max_connections = 1;
  with_other_limits.max_rate = 10'000'000;
  apply({coming, with_other_limits, out});
  ASSERT_TRUE(comes_up("coming"));
  EXPECT_TRUE(stays.exchange("after"));
  EXPECT_TRUE(stays_too.exchange("after"));
  EXPECT_TRUE(goes.is_closed());
  EXPECT_TRUE(goes_too.is_closed());
  EXPECT_FALSE(Client(leaving.listen.port).connected());
  EXPECT_TRUE(Client(in.listen.port).is_closed());  // the one that it may have is there already
  EXPECT_EQ(status("in").connections, 1U);
  EXPECT_EQ(status("out").connections_total, 1U);
}

TEST_F(PortForwardsTest, ForwardMayTakeOverThePortOfTheOneThatItReplaces) {
  for (const auto direction : {ForwardDirection::local, ForwardDirection::remote}) {
    auto before = forward("before", direction);
    before.target.port = free_port();
    apply({before});
    ASSERT_TRUE(comes_up("before"));
    auto after = before;
    after.name = "after";
    after.target.port = echo_.port();
    apply({after});
    ASSERT_TRUE(comes_up("after"));
    EXPECT_TRUE(is_gone("before"));
    EXPECT_TRUE(Client(after.listen.port).exchange("hello"));
  }
}

TEST_F(PortForwardsTest, OtherTunnelIsUsedAtOnce) {
  const auto in = remote("in");
  apply({in});
  ASSERT_TRUE(comes_up("in"));
  Client client(in.listen.port);
  ASSERT_TRUE(client.exchange("before"));
  const ssh::Sshd other;
  forwards_.apply(tunnel_to(other), {in});
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([&] { return Client(in.listen.port).exchange("after"); }));
  EXPECT_TRUE(other.logs("Accepted publickey"));
}

TEST_F(PortForwardsTest, ConnectionsThatATargetDoesNotTakeAreCountedUntilItTakesOne) {
  auto out = local("out");
  auto in = remote("in");
  const auto port = free_port();
  out.target.port = in.target.port = port;
  apply({out, in});
  ASSERT_TRUE(comes_up("out") && comes_up("in"));
  for (const auto& one : {out, in}) {
    EXPECT_EQ(status(one.name).target_refusals, 0U);
    // Again where the sshd took so long that the connection was given up for that.
    ASSERT_TRUE(eventually([&] {
      EXPECT_TRUE(Client(one.listen.port).is_closed());
      return status(one.name).target_refusals >= 2;
    })) << one.name;
    EXPECT_EQ(status(one.name).state, "up");
    EXPECT_GT(status(one.name).target_refuses_since_us, 0);
  }
  const EchoServer target(port);
  for (const auto& one : {out, in}) {
    EXPECT_TRUE(eventually([&] {
      return Client(one.listen.port).exchange("hello") && status(one.name).target_refusals == 0;
    })) << one.name;
    EXPECT_EQ(status(one.name).target_refuses_since_us, 0);
  }
}

TEST_F(PortForwardsTest, SessionThatBreaksIsMadeAgainAndThePortsAreOpenAgain) {
  const auto out = local("out");
  const auto in = remote("in");
  apply({out, in});
  ASSERT_TRUE(comes_up("out") && comes_up("in"));
  Client client(in.listen.port);
  ASSERT_TRUE(client.exchange("before"));
  auto unreachable = tunnel_to(sshd_);
  unreachable.port = free_port();
  forwards_.apply(unreachable, {out, in});
  ASSERT_TRUE(eventually(
      [&] { return status("out").state == "waiting" && !status("in").last_failure.empty(); }));
  EXPECT_THAT(status("in").last_failure, HasSubstr("refuses the connection"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_FALSE(Client(out.listen.port).connected());
  apply({out, in});
  ASSERT_TRUE(comes_up("out") && comes_up("in"));
  EXPECT_TRUE(Client(out.listen.port).exchange("after"));
  EXPECT_TRUE(Client(in.listen.port).exchange("after"));
}

TEST_F(PortForwardsTest, ConnectionsThatBrokeOffLeaveNothingForTheNextOnesToWaitFor) {
  auto slow = local("slow");
  slow.max_rate = 10'000;
  apply({slow});
  ASSERT_TRUE(comes_up("slow"));
  // Far more than passes in the time that this test has.
  const std::string bytes = pattern(200'000, 1);
  std::deque<Client> clients;
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(clients.emplace_back(slow.listen.port).send(bytes));
  ASSERT_TRUE(eventually([&] { return opened_channels() == clients.size(); }));
  sshd_.break_connections();
  for (Client& client : clients) EXPECT_TRUE(client.is_closed());
  ASSERT_TRUE(comes_up("slow"));
  EXPECT_TRUE(eventually([&] { return Client(slow.listen.port).exchange("hello"); }));
}

TEST_F(PortForwardsTest, OtherRateCountsAlsoForWhatWaitsAlready) {
  auto slow = remote("slow");
  slow.max_rate = 1'000;
  apply({slow});
  ASSERT_TRUE(comes_up("slow"));
  const std::string bytes = pattern(1'000'000, 1);
  Client client(slow.listen.port);
  Client another(slow.listen.port);
  ASSERT_TRUE(eventually([&] { return status("slow").connections == 2; }));
  ASSERT_TRUE(client.send(bytes) && another.send(bytes));
  slow.max_rate = 20'000'000;
  apply({slow});
  EXPECT_TRUE(client.receives(bytes));
  slow.max_rate.reset();
  apply({slow});
  EXPECT_TRUE(another.receives(bytes));
}

TEST_F(PortForwardsTest, HostThatDoesNotAnswerHoldsUpNoForwardToAnother) {
  // A listener whose queue is full drops what comes, as a host does that is switched off.
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  const tcp::endpoint at(net::ip::make_address("127.0.0.2"), 0);
  ASSERT_EQ(::bind(silent, at.data(), static_cast<socklen_t>(at.size())), 0);
  ASSERT_EQ(::listen(silent, 0), 0);
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  ASSERT_EQ(::getsockname(silent, reinterpret_cast<sockaddr*>(&bound), &size), 0);
  const tcp::endpoint full(at.address(), ntohs(bound.sin_port));
  net::io_context io;
  std::deque<tcp::socket> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(io).async_connect(full, [](error_code) {});
  }

  auto stuck = local("stuck");
  stuck.target = {"127.0.0.2", full.port()};
  const auto good = local("good");
  const auto back = remote("back");
  apply({stuck, good, back});
  for (const auto* name : {"stuck", "good", "back"}) ASSERT_TRUE(comes_up(name));
  const Client waits(stuck.listen.port);
  ASSERT_TRUE(eventually([&] { return status("stuck").connections == 1; }));
  EXPECT_TRUE(Client(good.listen.port).exchange("hello"));
  EXPECT_TRUE(Client(back.listen.port).exchange("hello"));
  EXPECT_EQ(status("stuck").connections, 1U);  // still waiting
  ::close(silent);
}

/// With the restrictions of a site's key, and the shortest waits between logins.
class PermittedForwardsTest : public PortForwardsTest {
 protected:
  PermittedForwardsTest() { permit({}); }

  /// These and nothing else, for sessions that log in from now on.
  void permit(const std::vector<ForwardSettings>& forwards) {
    std::string restrictions = "restrict,port-forwarding,permitopen=\"127.0.0.1:1\"";
    for (const auto& one : forwards) {
      restrictions += one.direction == ForwardDirection::local
                          ? ",permitopen=\"" + one.target.text() + "\""
                          : ",permitlisten=\"" + one.listen.text() + "\"";
    }
    sshd_.restrict(restrictions + ",permitlisten=\"127.0.0.1:1\"");
  }
  bool is_refused(const std::string& name) {
    return eventually([&] { return status(name).state == "refused"; });
  }
  [[nodiscard]] std::size_t count_in_log(std::string_view text) const {
    const std::string log = sshd_.log();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find(text, at)) != std::string::npos; ++at) ++count;
    return count;
  }
  [[nodiscard]] std::size_t logins() const { return count_in_log("Accepted publickey"); }
};

TEST_F(PermittedForwardsTest, WhatThePresentSessionRefusesOpensAsSoonAsTheServerPermitsIt) {
  const auto one = remote("one");
  const auto two = remote("two");
  permit({one});
  apply({one});
  ASSERT_TRUE(comes_up("one"));
  Client stays(one.listen.port);
  ASSERT_TRUE(stays.exchange("before"));

  apply({one, two});  // the site first
  ASSERT_TRUE(is_refused("two"));
  EXPECT_THAT(status("two").last_failure, HasSubstr("permitlisten"));
  permit({one, two});
  ASSERT_TRUE(comes_up("two"));
  EXPECT_TRUE(Client(two.listen.port).exchange("hello"));
  EXPECT_TRUE(eventually([&] { return Client(one.listen.port).exchange("hello"); }));
  EXPECT_TRUE(stays.exchange("after"));

  const auto three = remote("three");
  permit({one, two, three});  // the server first
  apply({one, two, three});
  ASSERT_TRUE(comes_up("three"));
  EXPECT_TRUE(Client(three.listen.port).exchange("hello"));
  EXPECT_TRUE(stays.exchange("after that"));
}

TEST_F(PermittedForwardsTest, LocalForwardThatIsProhibitedIsShownAsRefusedUntilItIsPermitted) {
  const auto one = local("one");
  EchoServer another;
  auto two = local("two");
  two.target.port = another.port();
  permit({one});
  apply({one});
  ASSERT_TRUE(comes_up("one"));
  Client stays(one.listen.port);
  ASSERT_TRUE(stays.exchange("before"));

  apply({one, two});
  ASSERT_TRUE(comes_up("two"));
  EXPECT_FALSE(Client(two.listen.port).exchange("hello"));
  ASSERT_TRUE(is_refused("two"));
  EXPECT_THAT(status("two").last_failure, HasSubstr("permitopen"));
  permit({one, two});
  ASSERT_TRUE(comes_up("two"));
  EXPECT_TRUE(Client(two.listen.port).exchange("hello"));
  EXPECT_TRUE(Client(one.listen.port).exchange("hello"));
  EXPECT_TRUE(stays.exchange("after"));
}

TEST_F(PermittedForwardsTest, LocalForwardThatComesIsUsedInASessionThatKnowsIt) {
  const auto one = local("one");
  EchoServer another;
  auto two = local("two");
  two.target.port = another.port();
  permit({one});
  apply({one});
  ASSERT_TRUE(comes_up("one"));
  permit({one, two});
  const std::size_t before = logins();
  apply({one, two});
  ASSERT_TRUE(comes_up("two"));
  ASSERT_TRUE(eventually([&] { return logins() > before; }));
  // Of the session with the earlier rules nothing is left: no connection was in it.
  ASSERT_TRUE(sshd_.logs("Received disconnect from 127.0.0.1"));
  EXPECT_TRUE(Client(two.listen.port).exchange("hello"));
  EXPECT_EQ(status("two").last_failure, "");
}

TEST_F(PermittedForwardsTest, EarlierSessionsAreTwoAtMostAndWhatIsWaitedForIsSaid) {
  auto wanted = std::vector{remote("0")};
  permit(wanted);
  apply(wanted);
  ASSERT_TRUE(comes_up("0"));
  std::deque<Client> stay;
  for (const auto* name : {"1", "2"}) {
    ASSERT_TRUE(stay.emplace_back(wanted.back().listen.port).exchange("before"));
    wanted.push_back(remote(name));
    permit(wanted);
    apply(wanted);
    ASSERT_TRUE(comes_up(name));
  }
  ASSERT_TRUE(stay.emplace_back(wanted.back().listen.port).exchange("before"));
  wanted.push_back(remote("3"));
  permit(wanted);
  apply(wanted);
  ASSERT_TRUE(eventually(
      [&] { return status("3").last_failure.find("are waited for") != std::string::npos; }));
  for (Client& client : stay) EXPECT_TRUE(client.exchange("still"));
  stay.pop_front();
  ASSERT_TRUE(comes_up("3"));
  EXPECT_TRUE(Client(wanted.back().listen.port).exchange("hello"));
  for (Client& client : stay) EXPECT_TRUE(client.exchange("after"));
}

TEST_F(PermittedForwardsTest, WhatStaysRefusedLeavesTheOthersWhereTheyAre) {
  const auto one = remote("one");
  permit({one});
  apply({one});
  ASSERT_TRUE(comes_up("one"));
  const auto since = status("one").since_us;
  apply({one, remote("two")});
  const std::size_t before = logins();
  ASSERT_TRUE(eventually([&] { return logins() >= before + 3; }));
  EXPECT_TRUE(is_refused("two"));
  EXPECT_EQ(status("one").since_us, since);
}

TEST_F(PermittedForwardsTest, StopEndsEarlierSessionsTooAndProperly) {
  const auto one = remote("one");
  const auto two = remote("two");
  permit({one});
  apply({one});
  ASSERT_TRUE(comes_up("one"));
  Client client(one.listen.port);
  ASSERT_TRUE(client.exchange("x"));
  permit({one, two});
  apply({one, two});
  ASSERT_TRUE(comes_up("two"));
  forwards_.stop();
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(eventually([&] { return forwards_.ended(); }));
}

TEST(ForwardsPing, IsNoErrorInTheLogOfAnSshdWithoutSessions) {
  ssh::SshdOptions options;
  options.config = "MaxSessions 0";
  const ssh::Sshd sshd(options);
  net::io_context io;
  const auto ask = [&]() -> net::awaitable<void> {
    const auto session = co_await ssh::Session::connect(sshd.settings(), kSoon);
    for (int i = 0; i < 3; ++i) co_await session->ping(kSoon);
  };
  ssh::run(io, ask());
  EXPECT_TRUE(sshd.logs("server_input_channel_open: ctype ping@"));
  EXPECT_EQ(sshd.log().find("error:"), std::string::npos);
}

TEST_F(PortForwardsTest, StopClosesConnectionsAndEndsItsSessionsProperly) {
  const auto out = local("out");
  const auto in = remote("in");
  apply({out, in});
  ASSERT_TRUE(comes_up("out") && comes_up("in"));
  Client client(out.listen.port);
  Client other(in.listen.port);
  ASSERT_TRUE(client.exchange("x") && other.exchange("x"));
  EXPECT_FALSE(forwards_.ended());
  forwards_.stop();
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(other.is_closed());
  EXPECT_TRUE(eventually([&] { return forwards_.ended(); }));
  EXPECT_TRUE(sshd_.logs("Received disconnect from 127.0.0.1"));
  forwards_.stop();
  apply({out});
}

TEST_F(PortForwardsTest, AbortWaitsForNoServer) {
  const auto out = local("out");
  apply({out, remote("in")});
  ASSERT_TRUE(comes_up("out") && comes_up("in"));
  sshd_.signal_all(SIGSTOP);
  const Client waits(out.listen.port);
  forwards_.abort();
  EXPECT_TRUE(eventually([&] { return forwards_.ended(); }));
}

TEST_F(PortForwardsTest, NoForwardsMakeNoSession) {
  apply({});
  apply({local("out")});
  ASSERT_TRUE(comes_up("out"));
  apply({});
  EXPECT_TRUE(is_gone("out"));
  EXPECT_TRUE(sshd_.logs("Received disconnect from 127.0.0.1"));
}

}  // namespace
}  // namespace icom::forward
