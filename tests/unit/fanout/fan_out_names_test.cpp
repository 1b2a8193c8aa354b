// Ports whose listen address is a name.
#include <gmock/gmock.h>

#include <boost/asio/error.hpp>

#include "tests/unit/asio/test_names.hpp"
#include "tests/unit/fanout/fan_out_fixture.hpp"
#include "tests/unit/os/free_port.hpp"

namespace icom::fanout {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class FanOutNames : public FanOutTest {
 protected:
  FanOutNames() { names_.answer_for(io_); }

  void add_port(const std::string& serial, const std::string& host) {
    settings_.ports.push_back({serial, {host, free_port()}});
    apply();
  }

  TestNames names_;
};

TEST_F(FanOutNames, APortIsListenedOnAtTheAddressOfItsName) {
  names_.answer("here.example", "127.0.0.1");
  add_port("4299", "here.example");
  run_until([&] { return status().listening; });
  const auto client = connect();
  frame("all");
  run_until([&] { return client->received == "all"; });
}

TEST_F(FanOutNames, ANameThatIsNotAnsweredHoldsUpNoOtherPort) {
  add_port("9183", "stuck.example");
  run_until([&] { return names_.asked("stuck.example") == 1; });
  names_.answer("here.example", "127.0.0.1");
  add_port("4299", "here.example");
  run_until([&] { return status("4299").listening; });
  EXPECT_FALSE(status("9183").listening);
}

TEST_F(FanOutNames, ANameWithoutAnAddressIsToldAndTriedAgain) {
  make_server({.retry = std::chrono::milliseconds(5)});
  names_.answer("nowhere.example", boost::asio::error::host_not_found);
  add_port("4299", "nowhere.example");
  run_until([&] { return names_.asked("nowhere.example") == 3; });
  EXPECT_THAT(status().problem, HasSubstr("no address of this machine"));
}

TEST_F(FanOutNames, APortThatGoesDoesNotWaitForItsName) {
  add_port("4299", "stuck.example");
  run_until([&] { return names_.asked("stuck.example") == 1; });
  settings_.ports.clear();
  apply();
  io_.restart();
  io_.run_for(std::chrono::seconds(10));
  EXPECT_TRUE(io_.stopped()) << "something still waits";
}

}  // namespace
}  // namespace icom::fanout
