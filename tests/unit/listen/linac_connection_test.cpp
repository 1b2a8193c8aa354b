// A Linac whose address is given as a name.
#include "agent/listen/linac_connection.hpp"

#include <gmock/gmock.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/asio/test_names.hpp"
#include "tests/unit/listen/fake_linac.hpp"

namespace icom::listen {
namespace {

class Sink : public StreamSink {
 public:
  void connected() override { ++connections; }
  std::span<std::byte> room() override { return room_; }
  void received(std::size_t /*count*/) override {}
  void paused() override {}
  void disconnected(std::string_view /*reason*/) override {}
  void connect_failed(std::string_view reason) override { failures.emplace_back(reason); }

  int connections = 0;
  std::vector<std::string> failures;

 private:
  std::array<std::byte, 4096> room_{};
};

class NamedLinac : public ::testing::Test {
 protected:
  NamedLinac() { names_.answer_for(io_); }

  void listen_to(const std::string& host, std::uint16_t port = 1706, ListenerTimings timings = {}) {
    connection_.emplace(io_, config::Address{host, port}, timings, sink_);
    boost::asio::co_spawn(io_, connection_->run(), boost::asio::detached);
  }
  void run_until(const std::function<bool()>& condition) {
    const auto reached = eventually([&] {
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(1));
      return condition();
    });
    ASSERT_TRUE(reached);
  }
  /// Nothing is left that runs or waits.
  bool ends() {
    io_.restart();
    io_.run_for(kTestDeadline);
    return io_.stopped();
  }

  TestNames names_;
  boost::asio::io_context io_;
  Sink sink_;
  std::optional<LinacConnection> connection_;
};

TEST_F(NamedLinac, IsConnectedToAtTheAddressOfItsName) {
  FakeLinac linac;
  names_.answer("linac.example", linac.address().host);
  listen_to("linac.example", linac.address().port);
  run_until([&] { return sink_.connections == 1; });
  connection_->stop();
  linac.accept();
  linac.close();
  EXPECT_TRUE(ends());
}

TEST_F(NamedLinac, StopDoesNotWaitForItsName) {
  ListenerTimings timings;
  timings.connect = std::chrono::hours(1);
  listen_to("stuck.example", 1706, timings);
  run_until([&] { return names_.asked("stuck.example") == 1; });
  connection_->stop();
  EXPECT_TRUE(ends());
  EXPECT_EQ(names_.asked("stuck.example"), 1U);
  EXPECT_TRUE(sink_.failures.empty());
}

TEST_F(NamedLinac, ANameThatIsNotAnsweredIsToldAndAskedForAgain) {
  ListenerTimings timings;
  timings.connect = std::chrono::milliseconds(10);
  timings.first_retry = timings.last_retry = std::chrono::milliseconds(2);
  listen_to("stuck.example", 1706, timings);
  run_until([&] { return sink_.failures.size() == 3; });
  EXPECT_THAT(sink_.failures, testing::Each("its name cannot be resolved: no name server has "
                                            "answered in time"));
  EXPECT_EQ(names_.asked("stuck.example"), 1U) << "one lookup, however often it is waited for";
  connection_->stop();
  EXPECT_TRUE(ends());
}

}  // namespace
}  // namespace icom::listen
