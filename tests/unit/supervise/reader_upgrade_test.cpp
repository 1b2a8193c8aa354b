#include "agent/supervise/reader_upgrade.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/forward/status_files.hpp"
#include "agent/supervise/agent_file.hpp"
#include "common/os/utc_clock.hpp"
#include "tests/unit/os/temporary_directory.hpp"
#include "tests/unit/supervise/fake_process_host.hpp"
#include "tests/unit/supervise/started_as.hpp"

namespace icom::supervise::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A site with an icom-agent run, and a forwarder that is another program than the installed one.
class ReaderUpgradeTest : public ::testing::Test {
 protected:
  ReaderUpgradeTest() {
    site_.spool.directory = folder_.path();
    agent_ = {.pid = 815, .version = "1", .started_us = now_us_, .programs = folder_.path()};
    agent_.alive_us = now_us_;
    std::ofstream(folder_.path() / "icom-forward") << "the next one";
    old_.emplace("icom-forward", options());
    forwarder_.version = "0.1.0";
    forwarder_.pid = old_->process();
    forwarder_.written_us = now_us_;
    hold(kAgentLockFile);
    hold(forward::kForwardLockFile);
  }

  [[nodiscard]] std::vector<std::string> options() const {
    return {"--spool", folder_.path().string()};
  }
  void hold(const char* lock) {
    EXPECT_FALSE(os::real_file_system().lock(folder_.path() / lock, locks_.emplace_back()));
  }
  void tell() const {
    std::ofstream(folder_.path() / forward::kForwardStatusFile) << to_json(forwarder_);
  }
  /// What it says on stderr.
  std::string refusal() {
    tell();
    EXPECT_FALSE(write_agent_file(os::real_file_system(), folder_.path(), agent_));
    ::testing::internal::CaptureStderr();
    EXPECT_FALSE(upgrade_readers(site_, host_, false));
    return ::testing::internal::GetCapturedStderr();
  }
  [[nodiscard]] std::string signal_to_old() const {
    return "terminate " + std::to_string(old_->process());
  }

  const std::int64_t now_us_ = os::utc_now_us();
  const os::TemporaryDirectory folder_;
  config::SiteSettings site_;
  AgentFile agent_;
  forward::ForwardStatus forwarder_;
  std::optional<StartedAs> old_;
  FakeProcessHost host_;
  std::vector<std::unique_ptr<os::File>> locks_;
};

TEST_F(ReaderUpgradeTest, NobodyIsEndedForWhomNoneWouldCome) {
  agent_.alive_us = now_us_ - 60'000'000;
  EXPECT_THAT(refusal(), HasSubstr("(version 0.1.0) still runs: icom-agent run (process 815) does "
                                   "not respond, and would start none in its place"));
  EXPECT_THAT(host_.events, IsEmpty());
}

TEST_F(ReaderUpgradeTest, OneThatDoesNotRespondIsLeftToWhoWatchesIt) {
  forwarder_.written_us = now_us_ - 60'000'000;
  EXPECT_THAT(refusal(), HasSubstr("still runs: it does not respond; if it hangs icom-agent run"));
  EXPECT_THAT(host_.events, IsEmpty());
}

TEST_F(ReaderUpgradeTest, UnderAnAgentThatDoesNotTellOfItsProgramsItIsTakenForAnOldOne) {
  agent_.programs.clear();
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_.path(), agent_));
  tell();
  const StartedAs next("icom-forward", options());
  host_.on_signal = [&](ProcessId) {
    forwarder_.pid = next.process();
    forwarder_.version = "0.2.0";
    tell();
  };
  ::testing::internal::CaptureStdout();
  EXPECT_TRUE(upgrade_readers(site_, host_, false));
  EXPECT_EQ(::testing::internal::GetCapturedStdout(),
            "forwarder: process " + std::to_string(next.process()) +
                " (version 0.2.0) has come in the place of process " +
                std::to_string(old_->process()) + " (version 0.1.0)\n");
  EXPECT_THAT(host_.events, ElementsAre(signal_to_old()));
}

TEST_F(ReaderUpgradeTest, WhatDoesNotRunIsNotWaitedFor) {
  locks_.clear();
  EXPECT_TRUE(upgrade_readers(site_, host_, true));
  EXPECT_THAT(host_.events, IsEmpty());
}

}  // namespace
}  // namespace icom::supervise::testing
