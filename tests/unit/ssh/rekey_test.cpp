// Keys are exchanged anew while both directions are busy: what made libssh2 stall when it wrote to
// the socket itself.
#include <gtest/gtest.h>

#include "tests/unit/ssh/coroutine_test.hpp"
#include "tests/unit/ssh/sshd_fixture.hpp"

// libssh2 1.10 forgets the host key it had (51 bytes) in each rekey over an elliptic curve. That is
// why these tests are a program of their own: in the others a leak of libssh2's is one of ours.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libssh2.so\nleak:kex_method_\n";  // the library shared, and linked in
}

namespace icom::ssh {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

/// Exchanges `size` bytes on each of three channels, both directions busy, with an sshd that rekeys
/// after each megabyte.
void exchange_with_rekeys(int socket_buffer, std::size_t size, std::size_t least_rekeys) {
  SshdOptions options;
  options.config = "RekeyLimit 1M";
  const Sshd sshd(options);
  net::io_context io;
  const Server server(io, echo);
  Settings settings = sshd.settings();
  settings.limits.socket_buffer = socket_buffer;
  settings.limits.stall = std::chrono::seconds(10);
  const auto body = [&]() -> net::awaitable<void> {
    const auto session = co_await Session::connect(settings, kSoon);
    std::vector<Channel> channels;
    for (int i = 0; i < 3; ++i) {
      channels.push_back(co_await session->open_channel("127.0.0.1", server.port(), kSoon));
    }
    std::vector<std::string> bytes;
    for (std::uint32_t i = 0; i < 3; ++i) bytes.push_back(pattern(size, i));
    Group group(session->get_executor());
    for (std::uint32_t i = 0; i < 3; ++i) {
      group.spawn(write_in_pieces(channels[i], bytes[i], i));
      group.spawn(read_and_compare(channels[i], bytes[i]));
    }
    co_await group.wait();
    // Also while a channel is opened.
    Channel late = co_await session->open_channel("127.0.0.1", server.port(), kSoon);
    co_await session->close(kSoon);
  };
  run(io, body());
  EXPECT_GE(count(sshd.log(), "SSH2_MSG_NEWKEYS received"), least_rekeys);
}

TEST(Rekey, BusyChannelsGoOnWithSmallSocketBuffers) {
  exchange_with_rekeys(4096, std::size_t{4} << 20U, 10);
}

TEST(Rekey, BusyChannelsGoOnWithTheKernelsBuffers) {
  exchange_with_rekeys(0, std::size_t{16} << 20U, 30);
}

}  // namespace
}  // namespace icom::ssh
