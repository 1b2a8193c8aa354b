#include "common/asio/tcp_dial.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>

#include "tests/unit/asio/test_names.hpp"

namespace icom {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;
using testing::HasSubstr;

class TcpDial : public ::testing::Test {
 protected:
  TcpDial() { names_.answer_for(io_); }

  /// What dialling ends with; nothing if it connects.
  std::optional<DialFailure> dial(const std::string& host, std::uint16_t port, DialLimits limits) {
    std::optional<DialFailure> failure;
    asio::co_spawn(io_, attempt(host, port, limits, failure), asio::detached);
    io_.run_for(std::chrono::seconds(20));
    EXPECT_TRUE(io_.stopped()) << "hangs";
    return failure;
  }

  TestNames names_;
  asio::io_context io_;

 private:
  static asio::awaitable<void> attempt(std::string host, std::uint16_t port, DialLimits limits,
                                       std::optional<DialFailure>& failure) {
    try {
      const auto until = std::chrono::steady_clock::now() + std::chrono::hours(1);
      co_await dial_tcp(host, port, until, limits);
    } catch (const DialFailure& why) {
      failure.emplace(why);
    }
  }
};

TEST_F(TcpDial, ReachesAServerByItsName) {
  tcp::acceptor server(io_, {asio::ip::address_v4::loopback(), 0});
  names_.answer("server.example", "127.0.0.1");
  EXPECT_FALSE(dial("server.example", server.local_endpoint().port(), {}));
}

TEST_F(TcpDial, ALookupThatNeverReturnsEndsItAtTheLimitOfThatStep) {
  const auto failure = dial("stuck.example", 80, {.resolve = milliseconds(20)});
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->late);
  EXPECT_STREQ(failure->what(), "looking up its address took too long");
}

TEST_F(TcpDial, ANameWithoutAnAddressIsSaidToHaveNone) {
  names_.answer("nowhere.example", asio::error::host_not_found);
  const auto failure = dial("nowhere.example", 80, {});
  ASSERT_TRUE(failure);
  EXPECT_FALSE(failure->late);
  EXPECT_EQ(failure->error, asio::error::host_not_found);
  EXPECT_THAT(failure->what(), HasSubstr("looking up its address failed: "));
}

}  // namespace
}  // namespace icom
