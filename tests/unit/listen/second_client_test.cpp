// Two programs of one machine at one Linac.
#include "agent/listen/second_client.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/listen/linac_connection.hpp"
#include "tests/unit/asio/test_names.hpp"
#include "tests/unit/listen/fake_linac.hpp"
#include "tests/unit/listen/noting_sink.hpp"
#include "tests/unit/listen/silent_address.hpp"

namespace icom::listen {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LeavesTo, OfAnyTwoExactlyOneDoes) {
  const std::vector<ClientEnds> all{
      {{make_address("10.9.0.1"), 40000}, {make_address("10.9.0.2"), 1706}},
      {{make_address("10.9.0.1"), 40001}, {make_address("10.9.0.2"), 1706}},
      {{make_address("10.9.0.3"), 40000}, {make_address("10.9.0.2"), 1706}},
      {{make_address("10.9.0.1"), 40000}, {make_address("10.9.0.4"), 1706}},
      {{make_address("fd00::1"), 40000}, {make_address("fd00::2"), 1706}},
  };
  for (const auto& one : all) {
    for (const auto& other : all) {
      EXPECT_EQ(leaves_to(one, other) != leaves_to(other, one), &one != &other);
    }
  }
  EXPECT_TRUE(leaves_to(all[1], all[0])) << "the one with the higher port";
}

class SecondClient : public ::testing::Test {
 protected:
  SecondClient() : other_(io_) {
    names_.answer_for(io_);
    timings_.first_retry = timings_.last_retry = milliseconds(2);
    timings_.call_each = milliseconds(0);
    timings_.drain = milliseconds(50);
    timings_.other_leaves =
        milliseconds(500);  // the other one's drain, and what a busy machine adds
    timings_.pause = milliseconds(5);
  }
  ~SecondClient() override {
    for (const auto& one : listeners_) one->stop();
    boost::system::error_code ignored;
    other_.close(ignored);
    linac_.close();
    io_.restart();
    io_.run_for(kTestDeadline);
    EXPECT_TRUE(io_.stopped());
  }

  [[nodiscard]] tcp::endpoint linac() const {
    return {make_address(linac_.address().host), linac_.address().port};
  }
  LinacConnection& make_listener(NotingSink& sink, const std::string& host = "127.0.0.1") {
    return *listeners_.emplace_back(std::make_unique<LinacConnection>(
        io_, config::Address{host, linac().port()}, timings_, sink));
  }
  void run(LinacConnection& listener) {
    boost::asio::co_spawn(io_, listener.run(), boost::asio::detached);
  }
  /// Another program connects, from the first free port from here on.
  void connect_other(std::uint16_t first_port) {
    for (std::uint16_t port = first_port; !other_.is_open(); ++port) {
      boost::system::error_code taken;
      other_.open(tcp::v4());
      other_.bind({make_address("127.0.0.1"), port}, taken);
      if (!taken) other_.connect(linac(), taken);
      if (taken) other_.close();
    }
  }
  void run_until(const std::function<bool()>& condition) {
    ASSERT_TRUE(eventually([&] {
      run_for(milliseconds(1));
      return condition();
    }));
  }
  void run_for(milliseconds time) {
    io_.restart();
    io_.run_for(time);
  }

  TestNames names_;
  boost::asio::io_context io_;
  FakeLinac linac_;
  ListenerTimings timings_;
  tcp::socket other_;
  NotingSink sink_;
  NotingSink other_sink_;
  std::vector<std::unique_ptr<LinacConnection>> listeners_;
};

/// Outside of the range that the kernel chooses from.
constexpr std::uint16_t kLowPort = 20'000;
constexpr std::uint16_t kHighPort = 61'000;

TEST_F(SecondClient, TheOneWithTheHigherPortLeavesWithFinHavingReadWhatCame) {
  timings_.drain = std::chrono::seconds(2);
  sink_.when_connected = [this] { connect_other(kLowPort); };
  run(make_listener(sink_));
  run_until([&] { return sink_.connections == 1; });
  linac_.accept();
  linac_.send(linac_frame(1));
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.send(linac_frame(2));
  linac_.close();
  run_until([&] { return sink_.failures.size() >= 3; });
  EXPECT_EQ(sink_.bytes, linac_frames(1, 2));
  EXPECT_THAT(sink_.ends, ElementsAre(HasSubstr("has connected to it in the same moment")));
  EXPECT_THAT(sink_.failures, Each(HasSubstr("connected to it already")));
  other_.close();
  sink_.when_connected = nullptr;
  run_until([&] { return sink_.connections == 2; });
}

TEST_F(SecondClient, TheOneWithTheLowerPortStaysIfTheOtherLeaves) {
  sink_.when_connected = [this] { connect_other(kHighPort); };
  run(make_listener(sink_));
  run_until([&] { return sink_.connections == 1; });
  run_for(timings_.other_leaves / 10);
  other_.shutdown(tcp::socket::shutdown_send);
  run_for(timings_.other_leaves * 2);
  EXPECT_THAT(sink_.ends, IsEmpty());
  EXPECT_EQ(sink_.connections, 1);
}

TEST_F(SecondClient, TheOneWithTheLowerPortLeavesToAProgramThatDoesNot) {
  sink_.when_connected = [this] { connect_other(kHighPort); };
  run(make_listener(sink_));
  run_until([&] { return sink_.ends.size() == 1; });
  EXPECT_GE(sink_.lasted.at(0), timings_.other_leaves);
  run_until([&] { return sink_.failures.size() >= 3; });
  EXPECT_EQ(sink_.connections, 1);
}

TEST_F(SecondClient, AConnectionThatWasTakenOverIsLeftToNobody) {
  tcp::socket before(io_);
  before.connect(linac());
  connect_other(kLowPort);
  auto& listener = make_listener(sink_);
  listener.adopt(os::Connection(before.release()), false);
  run(listener);
  run_for(timings_.other_leaves * 2);
  EXPECT_THAT(sink_.ends, IsEmpty());
}

/// Both look before either is to be seen: their first address refuses, which takes a moment.
TEST_F(SecondClient, OfTwoListenersThatConnectAtOnceOneIsConnectedInTheEnd) {
  timings_.other_leaves = kTestDeadline;  // both leave, for once, where this machine stalls longer
  for (const std::string address : {"127.0.0.5", "127.0.0.1"}) {
    names_.answer("linac.example", address);
  }
  run(make_listener(sink_, "linac.example"));
  run(make_listener(other_sink_, "linac.example"));
  const auto open = [&] {
    return sink_.connections + other_sink_.connections -
           static_cast<int>(sink_.ends.size() + other_sink_.ends.size());
  };
  run_until([&] { return sink_.connections + other_sink_.connections == 2; });
  run_until([&] { return open() == 1; });
  run_for(milliseconds(200));
  EXPECT_EQ(open(), 1);
  EXPECT_EQ(sink_.connections + other_sink_.connections, 2) << "and is not called again";
}

TEST_F(SecondClient, WhileAnotherOneIsAboutToConnectNobodyDoes) {
  const SilentAddress silent(io_, "127.0.0.2", linac().port());
  timings_.connect = milliseconds(100);
  other_.async_connect({make_address("127.0.0.2"), linac().port()},
                       [](boost::system::error_code) {});
  run(make_listener(sink_, "127.0.0.2"));
  run_until([&] { return sink_.failures.size() >= 3; });
  EXPECT_THAT(sink_.failures, Each(HasSubstr("just connects")));
  other_.close();
  run_until([&] { return sink_.failures.back() == "no answer within the time limit"; });
}

}  // namespace
}  // namespace icom::listen
