// Somebody on the way changes what passes: the session ends, and the process does not.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/unit/os/temporary_directory.hpp"
#include "tests/unit/ssh/coroutine_test.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

namespace icom::ssh {
namespace {

/// Passes both directions on, and once, when it is told to, what comes from the server with one bit
/// turned.
class Tamperer {
 public:
  Tamperer(net::io_context& io, std::uint16_t sshd)
      : server_(io, [this, sshd](tcp::socket client) { return between(std::move(client), sshd); }) {
  }

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  /// Of the next bytes from the server.
  void turn(std::size_t bit) { bit_ = bit; }

 private:
  net::awaitable<void> between(tcp::socket client, std::uint16_t sshd) {
    tcp::socket server(client.get_executor());
    co_await server.async_connect({net::ip::address_v4::loopback(), sshd}, net::use_awaitable);
    Group group(client.get_executor());
    group.spawn(pass_on(client, server, false));
    group.spawn(pass_on(server, client, true));
    co_await group.wait();
  }

  net::awaitable<void> pass_on(tcp::socket& from, tcp::socket& to, bool from_server) {
    std::vector<char> bytes(1U << 16U);
    for (;;) {
      const auto [read_error, got] = co_await from.async_read_some(net::buffer(bytes), kAsTuple);
      if (read_error) break;
      if (from_server && bit_) {
        bytes.at(*bit_ / 8) ^= static_cast<char>(1U << (*bit_ % 8));
        bit_.reset();
      }
      const auto [error, sent] = co_await net::async_write(to, net::buffer(bytes, got), kAsTuple);
      if (error) break;
    }
    error_code ignored;
    from.close(ignored);
    to.close(ignored);
  }

  std::optional<std::size_t> bit_;
  Server server_;
};

/// As the sshd's, for another port.
void pin(const std::filesystem::path& file, const Settings& sshd, std::uint16_t port) {
  std::ifstream known(sshd.known_hosts);
  std::string text{std::istreambuf_iterator<char>(known), {}};
  const std::string before = "]:" + std::to_string(sshd.port);
  text.replace(text.find(before), before.size(), "]:" + std::to_string(port));
  std::ofstream(file) << text;
}

/// The first four bytes of a packet are its length, which is used before anything proves it.
TEST(Tampering, EveryBitOfAPacketsLengthEndsTheSessionAndNothingElse) {
#ifdef ICOM_LIBSSH2_ASSERTS_LENGTHS
  GTEST_SKIP() << "Debian's own libssh2 ends the process: docs/dependencies.md";
#endif
  const Sshd sshd;
  const os::TemporaryDirectory folder;
  for (std::size_t bit = 0; bit < 32; ++bit) {
    net::io_context io;
    const Server server(io, echo);
    Tamperer tamperer(io, sshd.settings().port);
    Settings settings = sshd.settings();
    settings.port = tamperer.port();
    settings.known_hosts = folder.path() / "known_hosts";
    pin(settings.known_hosts, sshd.settings(), tamperer.port());
    const auto body = [&]() -> net::awaitable<void> {
      const auto session = co_await Session::connect(settings, kSoon);
      Channel channel = co_await session->open_channel("127.0.0.1", server.port(), kSoon);
      const std::string bytes = pattern(1U << 16U, 1);
      co_await write_in_pieces(channel, bytes, 1);
      co_await read_and_compare(channel, bytes);
      tamperer.turn(bit);
      // A length that has grown is waited for: hence more than one packet.
      error_code ended;
      while (!ended) {
        std::tie(ended, std::ignore) =
            co_await net::async_write(channel, net::buffer(bytes), kAsTuple);
        if (!session->is_open()) break;
        char byte = 0;
        const auto got = co_await channel.async_read_some(net::buffer(&byte, 1), kAsTuple);
        ended = std::get<0>(got);
      }
      EXPECT_FALSE(session->is_open()) << "bit " << bit;
      EXPECT_TRUE(session->failure()) << "bit " << bit;
    };
    run(io, body());
  }
}

}  // namespace
}  // namespace icom::ssh
