// Who gets in, who is refused, and what is said then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>

#include <fstream>

#include "common/ssh/way_text.hpp"
#include "tests/unit/listen/silent_address.hpp"
#include "tests/unit/os/free_port.hpp"
#include "tests/unit/os/threads_that_stay.hpp"
#include "tests/unit/ssh/coroutine_test.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace icom::ssh {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void connects(const Settings& settings) {
  net::io_context io;
  const auto connect = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(settings, kSoon);
    EXPECT_TRUE(session->is_open());
    co_await session->close(kSoon);
    EXPECT_FALSE(session->is_open());
    EXPECT_EQ(session->failure()->category(), Category::closed);
  };
  run(io, connect());
}

std::string first_line(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

TEST(Connect, PinnedHostKeyAndAuthorizedUserKeyAreLetIn) {
  connects(Sshd().settings());
}

TEST(Connect, HashedKnownHostsNamesAreRecognised) {
  SshdOptions options;
  options.hash_names = true;
  const Sshd sshd(options);
  ASSERT_THAT(first_line(sshd.settings().known_hosts), HasSubstr("|1|"));
  connects(sshd.settings());
}

TEST(Connect, HostPinnedWithoutPortIsRecognisedOnAnyPort) {
  const Sshd sshd;
  std::string line = first_line(sshd.settings().known_hosts);
  line.replace(0, line.find(' '), "127.0.0.1");
  std::ofstream(sshd.settings().known_hosts) << line << "\n";
  connects(sshd.settings());
}

TEST(Connect, ServerWithSeveralHostKeysShowsThePinnedOne) {
  const os::TemporaryDirectory keys;
  make_key(keys.path() / "ecdsa", "ecdsa");
  SshdOptions options;
  options.config = "HostKey " + (keys.path() / "ecdsa").string();
  const Sshd sshd(options);
  // sshd prefers Ed25519; only the other one is pinned.
  std::ofstream(sshd.settings().known_hosts)
      << "[127.0.0.1]:" << sshd.port() << " " << first_line(keys.path() / "ecdsa.pub") << "\n";
  connects(sshd.settings());
}

TEST(Connect, UnknownHostIsRefusedWithItsFingerprint) {
  const Sshd sshd;
  std::ofstream(sshd.settings().known_hosts) << "";
  const Error error = connect_error(sshd.settings());
  EXPECT_EQ(error.category(), Category::host_key);
  EXPECT_THAT(error.what(), HasSubstr("SHA256:"));
  EXPECT_THAT(error.what(), HasSubstr("ssh-keyscan"));
  EXPECT_THAT(sshd.log(), Not(HasSubstr("userauth-request")));
}

TEST(Connect, DifferentHostKeyIsRefusedBeforeAuthentication) {
  const Sshd sshd;
  make_key(sshd.directory() / "other_key");
  std::ofstream(sshd.settings().known_hosts)
      << "[127.0.0.1]:" << sshd.port() << " " << first_line(sshd.directory() / "other_key.pub")
      << "\n";
  const Error error = connect_error(sshd.settings());
  EXPECT_EQ(error.category(), Category::host_key);
  EXPECT_THAT(error.what(), HasSubstr("NOT the one pinned"));
  EXPECT_THAT(error.what(), HasSubstr("SHA256:"));
  EXPECT_THAT(sshd.log(), Not(HasSubstr("userauth-request")));
}

TEST(Connect, KeyPinnedForThePortOverrulesOneForTheHost) {
  const Sshd sshd;
  make_key(sshd.directory() / "other_key");
  std::ofstream(sshd.settings().known_hosts)
      << "127.0.0.1 " << first_line(sshd.directory() / "host_key.pub") << "\n"
      << "[127.0.0.1]:" << sshd.port() << " " << first_line(sshd.directory() / "other_key.pub")
      << "\n";
  EXPECT_EQ(connect_error(sshd.settings()).category(), Category::host_key);
}

TEST(Connect, HostPinnedByRsaOnlyIsRefusedWithTheReason) {
  const Sshd sshd;
  make_key(sshd.directory() / "rsa", "rsa");
  std::ofstream(sshd.settings().known_hosts)
      << "[127.0.0.1]:" << sshd.port() << " " << first_line(sshd.directory() / "rsa.pub") << "\n";
  const Error error = connect_error(sshd.settings());
  EXPECT_EQ(error.category(), Category::host_key);
  EXPECT_THAT(error.what(), HasSubstr("only keys of other types"));
}

TEST(Connect, UserKeyThatIsNotAuthorizedIsRefused) {
  const Sshd sshd;
  make_key(sshd.directory() / "other_key");
  Settings settings = sshd.settings();
  settings.key = sshd.directory() / "other_key";
  const Error error = connect_error(settings);
  EXPECT_EQ(error.category(), Category::authentication);
  EXPECT_THAT(error.what(), HasSubstr("authorized_keys"));
}

TEST(Connect, UnknownUserIsRefused) {
  const Sshd sshd;
  Settings settings = sshd.settings();
  settings.user = "no-such-user";
  EXPECT_EQ(connect_error(settings).category(), Category::authentication);
}

TEST(Connect, ServerWithoutCommonCipherIsRefusedWithWhatItMustAllow) {
  SshdOptions options;
  options.config = "Ciphers chacha20-poly1305@openssh.com";
  const Sshd sshd(options);
  const Error error = connect_error(sshd.settings());
  EXPECT_EQ(error.category(), Category::protocol);
  EXPECT_THAT(error.what(), HasSubstr("aes256-ctr"));
}

TEST(Connect, EachKeyExchangeThatIsOfferedIsDoneAlone) {
  for (const char* exchange :
       {"curve25519-sha256", "ecdh-sha2-nistp384", "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512"}) {
    SCOPED_TRACE(exchange);
    SshdOptions options;
    options.config = std::string("KexAlgorithms ") + exchange;
    connects(Sshd(options).settings());
  }
}

TEST(Connect, ServerWithoutCommonKeyExchangeIsRefusedWithWhatItMustAllow) {
  SshdOptions options;
  options.config = "KexAlgorithms sntrup761x25519-sha512@openssh.com";
  const Error error = connect_error(Sshd(options).settings());
  EXPECT_EQ(error.category(), Category::protocol);
  EXPECT_THAT(error.what(), HasSubstr("curve25519-sha256"));
  EXPECT_THAT(error.what(), HasSubstr("KexAlgorithms"));
}

TEST(Connect, NothingListeningIsANetworkError) {
  const Sshd sshd;
  Settings settings = sshd.settings();
  settings.port = free_port();
  const Error error = connect_error(settings);
  EXPECT_EQ(error.category(), Category::network);
  EXPECT_EQ(error.what(), connection_refused_text("127.0.0.1:" + std::to_string(settings.port)));
}

TEST(Connect, AddressThatDoesNotAnswerIsATimeoutAndSaidToBeAFirewall) {
  const Sshd sshd;
  net::io_context io;
  Settings settings = sshd.settings();
  settings.port = free_port();
  const listen::SilentAddress silent(io, "127.0.0.1", settings.port);
  settings.limits.connect = std::chrono::milliseconds(200);
  const Error error = connect_error(settings);
  EXPECT_EQ(error.category(), Category::timeout);
  EXPECT_EQ(error.what(), no_answer_text("127.0.0.1:" + std::to_string(settings.port)));
}

TEST(Connect, NameThatDoesNotExistIsANetworkError) {
  const ThreadsThatStay until_the_lookup_has_ended;
  const Sshd sshd;
  Settings settings = sshd.settings();
  settings.host = "no-such-host.invalid";
  const Error error = connect_error(settings);
  EXPECT_EQ(error.category(), Category::network);
  EXPECT_THAT(error.what(),
              HasSubstr("this machine finds no address for the name no-such-host.invalid"));
  EXPECT_THAT(error.what(), HasSubstr("correct tunnel.host"));
}

/// Connects to a server that runs `serve` instead of SSH.
Error connect_error_at(const Server::Serve& serve, std::chrono::milliseconds handshake) {
  const Sshd sshd;
  net::io_context io;
  const Server server(io, serve);
  Settings settings = sshd.settings();
  settings.port = server.port();
  settings.limits.handshake = handshake;
  std::optional<Error> error;
  const auto attempt = [&]() -> net::awaitable<void> {
    try {
      co_await Session::connect(settings, kSoon);
    } catch (const Error& e) {
      error = e;
    }
  };
  run(io, attempt());
  return error.value_or(Error(Category::closed, "connected"));
}

TEST(Connect, ServerThatSaysNothingIsATimeoutOfTheHandshake) {
  const auto silent = [](tcp::socket socket) -> net::awaitable<void> {
    char byte = 0;
    for (error_code error; !error;) {
      std::tie(error, std::ignore) =
          co_await socket.async_read_some(net::buffer(&byte, 1), kAsTuple);
    }
  };
  const Error error = connect_error_at(silent, std::chrono::milliseconds(200));
  EXPECT_EQ(error.category(), Category::timeout);
  EXPECT_THAT(error.what(), HasSubstr("no SSH server speaks there"));
}

TEST(Connect, ServerThatHangsUpIsANetworkError) {
  const auto hang_up = [](tcp::socket) -> net::awaitable<void> { co_return; };
  const Error error = connect_error_at(hang_up, kSoon);
  EXPECT_EQ(error.category(), Category::network);
  EXPECT_THAT(error.what(), HasSubstr("no SSH server speaks there"));
}

TEST(Connect, AWebServerIsSaidToBeNoSshServer) {
  const auto serve = [](tcp::socket socket) -> net::awaitable<void> {
    const std::string answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    co_await net::async_write(socket, net::buffer(answer), kAsTuple);
  };
  EXPECT_THAT(connect_error_at(serve, kSoon).what(), HasSubstr("no SSH server speaks there"));
}

TEST(Connect, CancellingLeavesNothingBehind) {
  const auto silent = [](tcp::socket socket) -> net::awaitable<void> {
    char byte = 0;
    co_await socket.async_read_some(net::buffer(&byte, 1), kAsTuple);
    co_await socket.async_wait(tcp::socket::wait_error, kAsTuple);
  };
  const Sshd sshd;
  net::io_context io;
  net::cancellation_signal cancel;
  bool accepted = false;
  const Server server(io, [&](tcp::socket socket) -> net::awaitable<void> {
    accepted = true;
    cancel.emit(net::cancellation_type::terminal);
    co_await silent(std::move(socket));
  });
  Settings settings = sshd.settings();
  settings.port = server.port();
  std::exception_ptr thrown;
  net::co_spawn(io, Session::connect(settings, kSoon),
                net::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& e,
                                                               const std::shared_ptr<Session>&) {
                  thrown = e;
                  io.stop();
                }));
  io.run_for(kSoon);
  EXPECT_TRUE(accepted);
  EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
}

// What was begun and is dropped is freed: LeakSanitizer looks at what is left.
TEST(Connect, DroppedAtAnyStepItLeavesNothingBehind) {
  for (const char* exchange :
       {"curve25519-sha256", "ecdh-sha2-nistp256", "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512"}) {
    SCOPED_TRACE(exchange);
    SshdOptions options;
    options.config = std::string("MaxStartups 1000\nKexAlgorithms ") + exchange;
    const Sshd sshd(options);
    bool connected = false;
    for (int steps = 1; !connected; ++steps) {
      ASSERT_LT(steps, 1'000);
      net::io_context io;
      net::co_spawn(io, Session::connect(sshd.settings(), kSoon),
                    [&](const std::exception_ptr& thrown, const std::shared_ptr<Session>& session) {
                      EXPECT_FALSE(thrown);
                      connected = session != nullptr;
                    });
      for (int step = 0; step < steps && !connected; ++step) ASSERT_EQ(io.run_one_for(kSoon), 1U);
    }
  }
}

}  // namespace
}  // namespace icom::ssh
