// What a listener answers to who asks it to leave, as it is told on.
#include "agent/supervise/leave_request.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "common/control/channel.hpp"
#include "common/control/protocol.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::supervise {
namespace {

namespace asio = boost::asio;

class LeaveRequest : public ::testing::Test {
 protected:
  /// What is told of these words of a listener's, then of its leaving.
  std::vector<std::string> told_of(const std::string& words) {
    control::Acceptor listener =
        control::open_channel(io_.get_executor(), folder_.path() / control::kListenerSocket);
    std::vector<std::string> told;
    LeaveProgress progress;
    progress.waiting = [&](const LeaveWait& wait) { told.push_back(text_of(wait)); };
    progress.leaving = [&](const std::string& why) { told.push_back("leaves: " + why); };
    auto outcome = asio::co_spawn(
        io_, ask_to_leave(folder_.path(), std::chrono::seconds(60), std::move(progress)),
        asio::use_future);
    listener.async_accept([&](boost::system::error_code error, control::Channel stream) {
      ASSERT_FALSE(error);
      asio::write(stream, asio::buffer(words));
    });
    io_.run();
    EXPECT_EQ(outcome.get(), LeaveOutcome::leaving);
    return told;
  }

  asio::io_context io_;
  os::TemporaryDirectory folder_;
};

TEST_F(LeaveRequest, WhatItWaitsForIsTold) {
  EXPECT_EQ(told_of("waiting 320 79680\nwaiting 16000 300 no-mu\nleaving it may\n"),
            (std::vector<std::string>{
                "MU changed 0.3 s ago",
                "no MU could be read since a patient was selected, 16.0 s ago", "leaves: it may"}));
}

TEST_F(LeaveRequest, WordsOfANewerListenerThatAreNotKnownChangeNothing) {
  EXPECT_EQ(told_of("waiting 320 79680 for-the-sun and more\nleaving it may\n"),
            (std::vector<std::string>{"MU changed 0.3 s ago", "leaves: it may"}));
}

}  // namespace
}  // namespace icom::supervise
