#include "agent/supervise/who_listens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "agent/listen/listener_status.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/os/file_system.hpp"
#include "common/os/utc_clock.hpp"
#include "tests/unit/asio/test_names.hpp"

namespace icom::supervise {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

/// A site's spool directory with one listener's status file in it, and names that the test answers.
class WhoListensTest : public ::testing::Test {
 protected:
  WhoListensTest() {
    std::string name = (std::filesystem::temp_directory_path() / "icom-who-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    names_.answer_for(io_);
    names_.answer("linac.example", "192.168.17.40");
    names_.answer("other.example", "192.168.17.41");
    names_.answer("gone.example", boost::asio::error::host_not_found);
  }
  ~WhoListensTest() override {
    lock_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// Its listener runs.
  void listener(const std::string& address, const std::string& peer = {}) {
    std::filesystem::create_directories(folder_ / "4299");
    listen::ListenerStatus status;
    status.serial = "4299";
    status.address = address;
    status.written_us = os::utc_now_us();
    status.stream.connected = !peer.empty();
    status.stream.peer = peer;
    std::ofstream(folder_ / "4299" / listen::kListenerStatusFile) << listen::to_json(status);
    if (!lock_) {
      ASSERT_FALSE(os::real_file_system().lock(folder_ / "4299" / spool::kLockFile, lock_));
    }
  }
  std::optional<std::string> why_not(const std::string& address) {
    return why_not_to_connect(io_, *config::parse_address(address, 1706), folder_);
  }
  std::optional<std::string> why_not_added(const std::string& address, const std::string& present) {
    return why_not_to_add(io_, {"9183", *config::parse_address(address, 1706)},
                          {{"4299", *config::parse_address(present, 1706)},
                           {"9183", *config::parse_address(address, 1706)}});
  }

  std::filesystem::path folder_;
  std::unique_ptr<os::File> lock_;
  TestNames names_;
  boost::asio::io_context io_{1};
};

TEST_F(WhoListensTest, HoweverItsAddressIsWritten) {
  for (const std::string listeners :
       {"192.168.17.40:1706", "linac.example:1706", "[::ffff:192.168.17.40]:1706"}) {
    listener(listeners);
    for (const std::string asked : {"192.168.17.40", "linac.example", "::ffff:192.168.17.40"}) {
      EXPECT_THAT(why_not(asked), Optional(HasSubstr("4299 is connected to")))
          << asked << " and " << listeners;
      EXPECT_FALSE(why_not(asked == "::ffff:192.168.17.40" ? "[::ffff:192.168.17.40]:1707"
                                                           : asked + ":1707"))
          << "another port is another Linac";
    }
    for (const std::string other : {"192.168.17.41", "other.example", "::ffff:192.168.17.41"}) {
      EXPECT_FALSE(why_not(other)) << other << " and " << listeners;
    }
  }
}

TEST_F(WhoListensTest, TheAddressOfNoMachineIsThisOne) {
  listener("127.0.0.1:1706");
  EXPECT_TRUE(why_not("0.0.0.0"));
}

TEST_F(WhoListensTest, WhatItIsReallyConnectedToCountsBesideWhatItsNameIsNow) {
  listener("other.example:1706", "192.168.17.40:1706");
  EXPECT_TRUE(why_not("linac.example")) << "its name had another address";
  EXPECT_TRUE(why_not("192.168.17.41")) << "it will connect there next";
  EXPECT_FALSE(why_not("192.168.17.42"));
}

TEST_F(WhoListensTest, InDoubtItMayBe) {
  listener("192.168.17.40:1706");
  EXPECT_THAT(why_not("gone.example"), Optional(HasSubstr("gone.example is not resolved")));
  listener("gone.example:1706");
  EXPECT_THAT(why_not("192.168.17.40"), Optional(HasSubstr("cannot be told")));
  EXPECT_THAT(why_not("gone.example"), Optional(HasSubstr("is connected to")));
  listener("gone.example:1706", "192.168.17.41:1706");
  EXPECT_FALSE(why_not("192.168.17.40")) << "where it is connected is known";
  std::ofstream(folder_ / "4299" / listen::kListenerStatusFile) << "{";
  EXPECT_THAT(why_not("192.168.17.40"), Optional(HasSubstr("cannot be read")));
}

TEST_F(WhoListensTest, WithoutAListenerNoNameMatters) {
  EXPECT_FALSE(why_not("gone.example"));
  EXPECT_FALSE(why_not("192.168.17.40"));
}

TEST_F(WhoListensTest, ALinacIsNotAddedUnderAnotherNameOfItsAddress) {
  EXPECT_THAT(why_not_added("192.168.17.40", "linac.example"), Optional(HasSubstr("4299")));
  EXPECT_THAT(why_not_added("linac.example", "::ffff:192.168.17.40"), Optional(HasSubstr("4299")));
  EXPECT_THAT(why_not_added("gone.example", "192.168.17.40"), Optional(HasSubstr("cannot be")));
  EXPECT_THAT(why_not_added("192.168.17.40", "gone.example"), Optional(HasSubstr("cannot be")));
  EXPECT_FALSE(why_not_added("192.168.17.40", "192.168.17.41"));
  EXPECT_FALSE(why_not_added("other.example", "linac.example"));
}

}  // namespace
}  // namespace icom::supervise
