#include "agent/supervise/site_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "agent/fanout/fan_out_status.hpp"
#include "agent/forward/forward_status.hpp"
#include "agent/listen/listen_program.hpp"
#include "agent/listen/listener_status.hpp"
#include "agent/supervise/agent_file.hpp"
#include "agent/supervise/older_programs.hpp"
#include "agent/supervise/site_plan.hpp"
#include "agent/supervise/site_state_text.hpp"
#include "agent/supervise/who_listens.hpp"
#include "common/control/channel.hpp"
#include "common/control/protocol.hpp"
#include "common/os/utc_clock.hpp"

namespace icom::supervise {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::int64_t kSecond = 1'000'000;
constexpr const char* kVersion = "1.10.0";

class SiteStateTest : public ::testing::Test {
 protected:
  SiteStateTest() {
    std::string name = (std::filesystem::temp_directory_path() / "site_state.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    site_.site = "nbcc";
    site_.spool.directory = folder_;
    site_.linacs = {{"4299", {"192.168.17.40", 1706}}};
    std::filesystem::create_directory(folder_ / "4299");

    listener_.pid = 1;
    listener_.serial = "4299";
    listener_.written_us = now_;
    listener_.stream.connected = true;
    listener_.stream.since_us = now_ - 3600 * kSecond;
    listener_.stream.last_frame_us = now_ - kSecond / 4;
    listener_.stream.framer.frames = 14'400;
    forwarder_.site = "nbcc";
    forwarder_.written_us = now_;
    forwarder_.connected = true;
    forwarder_.since_us = now_ - 60 * kSecond;
    auto& linac = forwarder_.linacs.emplace_back();
    linac.serial = "4299";
    linac.accepted = true;
  }
  ~SiteStateTest() override { std::filesystem::remove_all(folder_); }

  SiteState look() {
    std::ofstream(folder_ / "4299" / "listener.json") << listen::to_json(listener_);
    std::ofstream(folder_ / "forward.json") << forward::to_json(forwarder_);
    // Those whose files are old are gone, unless a test holds their locks.
    std::vector<std::unique_ptr<os::File>> running;
    const auto run = [&](const char* lock, std::int64_t written_us, int lives = 30) {
      if (written_us < now_ - lives * kSecond || gone_) return;
      auto& file = running.emplace_back();
      static_cast<void>(os::real_file_system().lock(folder_ / lock, file));
    };
    run("4299/lock", listener_.written_us, 5);
    run(forward::kForwardLockFile, forwarder_.written_us);
    run(fanout::kFanOutLockFile, fan_out_written_us_);
    return look_at_site(site_, now_, kVersion);
  }

  /// As a program that runs holds its lock.
  [[nodiscard]] std::unique_ptr<os::File> hold(const char* lock) const {
    std::unique_ptr<os::File> held;
    EXPECT_FALSE(os::real_file_system().lock(folder_ / lock, held));
    return held;
  }

  std::int64_t fan_out_written_us_ = 0;
  bool gone_ = false;  ///< nothing runs, whatever the files say

  std::filesystem::path folder_;
  std::int64_t now_ = os::utc_now_us();
  config::SiteSettings site_;
  listen::ListenerStatus listener_;
  forward::ForwardStatus forwarder_;
};

TEST_F(SiteStateTest, WhenAllIsWellThereAreNoProblems) {
  const auto state = look();
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_TRUE(state.linacs.at(0).connected);
  EXPECT_TRUE(state.linacs.at(0).forwarded);
  EXPECT_EQ(state.linacs.at(0).frames, 14'400U);
  EXPECT_THAT(to_table(state), HasSubstr("all is well"));
}

TEST_F(SiteStateTest, ASpoolDirectoryOfAnotherAccountIsTheCauseWhereNothingRuns) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  site_.tunnel.key = folder_ / "key";
  std::ofstream(site_.tunnel.key) << "key";
  ASSERT_EQ(::chown(site_.tunnel.key.c_str(), 54321, 54321), 0);
  gone_ = true;
  listener_.written_us = forwarder_.written_us = 0;
  EXPECT_THAT(look().problems.at(0),
              AllOf(HasSubstr("the spool directory " + folder_.string() + " is root's"),
                    HasSubstr("chown 54321 " + folder_.string())));
  ASSERT_EQ(::chown(folder_.c_str(), 54321, 54321), 0);
  EXPECT_THAT(look().problems, Not(Contains(HasSubstr("chown"))));
}

TEST_F(SiteStateTest, FramesOfAnotherLinacOfTheSiteAreAProblemThatSaysWhatCameAndWhatIsExpected) {
  site_.linacs.push_back({"9183", {"192.168.17.42", 1706}});
  listener_.stream.machine = {
      .id = "9183", .first_id = "9183", .other_id = "9183", .other_frames = 40};
  EXPECT_THAT(look().problems,
              Contains(AllOf(HasSubstr("Linac 4299: "), HasSubstr("call their machine 9183"),
                             HasSubstr("serial 4299 is expected"),
                             HasSubstr("another Linac of this site, at 192.168.17.42:1706"),
                             HasSubstr("correct the address or the serial"),
                             HasSubstr("every frame is kept"))));
  EXPECT_THAT(to_json(look()), HasSubstr("\"machine_id\": \"9183\""));
}

TEST_F(SiteStateTest, AMachineThatIsCalledSomethingElseThanBeforeIsAProblem) {
  listener_.stream.machine = {
      .id = "LA2", .first_id = "4299", .other_id = "LA2", .other_frames = 40};
  EXPECT_THAT(look().problems, ElementsAre(AllOf(HasSubstr("call their machine LA2"),
                                                 HasSubstr("before they called it 4299"))));
}

TEST_F(SiteStateTest, AMachineThatHasAnotherNameThanItsSerialIsNotedAndIsNoFault) {
  EXPECT_THAT(look().notes, IsEmpty());
  listener_.stream.machine = {
      .id = "LA2", .first_id = "LA2", .other_id = "LA2", .other_frames = 40};
  const auto state = look();
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(state.notes, ElementsAre(AllOf(HasSubstr("call their machine LA2"),
                                             HasSubstr("serial 4299 is expected"),
                                             HasSubstr("may be the name of this machine"))));
}

TEST_F(SiteStateTest, FramesOfAnotherMachineThatAreOverAreNoted) {
  listener_.stream.machine = {
      .id = "4299", .first_id = "4299", .other_id = "9183", .other_frames = 40};
  const auto state = look();
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(state.notes, ElementsAre(AllOf(HasSubstr("40 of its frames"), HasSubstr("9183"))));
  listener_.stream.machine.other_frames = 0;
  EXPECT_THAT(look().notes, IsEmpty());
}

TEST_F(SiteStateTest, ProgramsOfAnOlderVersionAreNotedAndAreNoFault) {
  const auto held = hold(kAgentLockFile);
  AgentFile agent{.pid = 815, .version = kVersion, .started_us = now_};
  agent.alive_us = now_;
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  listener_.version = forwarder_.version = kVersion;
  EXPECT_THAT(look().notes, IsEmpty());
  EXPECT_THAT(to_table(look()), Not(HasSubstr("note")));

  listener_.version = "1.9.3";
  forwarder_.version = "1.9.9";
  auto state = look();
  EXPECT_THAT(
      state.notes,
      ElementsAre("older than this icom-agent (1.10.0): the listener of Linac 4299 (1.9.3), "
                  "the forwarder (1.9.9): icom-agent upgrade replaces them"));
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(to_table(state), HasSubstr("\nnote: older than this icom-agent (1.10.0): "));
  EXPECT_THAT(to_table(state), HasSubstr("all is well"));

  listener_.version = forwarder_.version = "1.11.0";  // it is this icom-agent that is old
  agent.version = "1.9.3";
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  state = look();
  EXPECT_THAT(state.notes,
              ElementsAre(HasSubstr(
                  "icom-agent run (process 815) is of version 1.9.3, "
                  "older than this icom-agent (1.10.0): icom-agent upgrade replaces it")));
  const auto json = nlohmann::json::parse(to_json(state));
  EXPECT_EQ(json["notes"].size(), 1U);
  EXPECT_EQ(json["agent"]["version"], "1.9.3");
  EXPECT_EQ(json["forwarder"]["version"], "1.11.0");
  EXPECT_EQ(json["linacs"][0]["listener"]["version"], "1.11.0");

  listener_.written_us = forwarder_.written_us = now_ - 60 * kSecond;  // gone
  listener_.version = forwarder_.version = "1.9.3";
  EXPECT_EQ(look().notes.size(), 1U) << "what does not run is not old";
}

TEST_F(SiteStateTest, AnOlderFanOutIsNotedWithItsClients) {
  const auto held = hold(kAgentLockFile);
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_,
                                {.pid = 815, .version = kVersion, .started_us = now_}));
  site_.fan_out.ports = {{.serial = "4299", .listen = {"127.0.0.1", 1707}}};
  fanout::FanOutStatus fan_out;
  fan_out.site = "nbcc";
  fan_out.version = "1.9.3";
  fan_out.written_us = fan_out_written_us_ = now_;
  auto& port = fan_out.ports.emplace_back();
  port.serial = "4299";
  port.clients = 3;
  std::ofstream(folder_ / fanout::kFanOutStatusFile) << to_json(fan_out);
  EXPECT_THAT(look().notes, ElementsAre("older than this icom-agent (1.10.0): the fan-out (1.9.3): "
                                        "icom-agent upgrade replaces them; the fan-out only with "
                                        "--cut-clients as long as it has clients (3 now)"));
}

TEST(IsOlder, ByNumbersAndNothingIsKnownOfWhatIsNone) {
  EXPECT_TRUE(is_older("0.9.1", "0.10"));
  EXPECT_TRUE(is_older("1.0", "1.0.1"));
  EXPECT_FALSE(is_older("1.0.1", "1.0.1"));
  EXPECT_FALSE(is_older("2.0", "1.9.9"));
  for (const char* unknown : {"", "?", "1.", "1.x", "-1.0", ".1"}) {
    EXPECT_FALSE(is_older(unknown, "9.0")) << unknown;
    EXPECT_FALSE(is_older("0.1", unknown)) << unknown;
  }
}

TEST_F(SiteStateTest, AListenerThatHangsIsToldFromNone) {
  listener_.written_us = now_ - 12 * kSecond;
  listener_.pid = 4711;
  auto state = look();
  EXPECT_THAT(state.problems, Contains(HasSubstr("no listener runs: start icom-agent run")));
  const auto held = hold("4299/lock");
  state = look();
  EXPECT_THAT(state.problems, ElementsAre(HasSubstr(
                                  "Linac 4299: the listener (process 4711) has not responded for "
                                  "12 s: it hangs, or its disk does; no icom-agent run is there")));
  EXPECT_EQ(state.linacs.at(0).listener.silent_seconds, 12);
  EXPECT_THAT(to_table(state), HasSubstr("listener hangs"));
  const auto json = nlohmann::json::parse(to_json(state));
  EXPECT_EQ(json["linacs"][0]["listener"]["pid"], 4711);
  EXPECT_EQ(json["linacs"][0]["listener"]["silent_seconds"], 12);
}

/// In the place of a listener: what it says when it is asked whether it runs.
class ListenerThatSays {
 public:
  ListenerThatSays(const std::filesystem::path& folder, std::string answer)
      : acceptor_(control::open_channel(io_.get_executor(), folder / control::kListenerSocket)),
        thread_([this, answer = std::move(answer)] {
          boost::system::error_code stopped;
          auto peer = acceptor_.accept(stopped);
          if (stopped) return;
          std::array<char, 6> request{};
          boost::asio::read(peer, boost::asio::buffer(request), stopped);
          boost::asio::write(peer, boost::asio::buffer(answer + "\n"), stopped);
        }) {}
  ~ListenerThatSays() { thread_.join(); }
  ListenerThatSays(const ListenerThatSays&) = delete;
  ListenerThatSays& operator=(const ListenerThatSays&) = delete;

 private:
  boost::asio::io_context io_;
  control::Acceptor acceptor_;
  std::thread thread_;
};

TEST_F(SiteStateTest, AListenerThatWaitsForRoomDoesNotHangAndNobodyIsToldToEndIt) {
  listener_.written_us = now_ - 12 * kSecond;
  listener_.pid = 4711;
  const auto held = hold("4299/lock");
  const ListenerThatSays listener(
      folder_ / "4299", "alive the spool takes no entries, 83 wait: No space left on device");
  const auto state = look();
  EXPECT_THAT(state.problems,
              ElementsAre("Linac 4299: the listener (process 4711) cannot write its status: the "
                          "spool takes no entries, 83 wait: No space left on device; make room. "
                          "What waits in memory is kept as long as the process lives: do not end "
                          "it"));
  EXPECT_THAT(to_table(state), HasSubstr("disk full"));
  EXPECT_THAT(to_table(state), Not(HasSubstr("hangs")));
}

TEST_F(SiteStateTest, ASupervisorThatHangsIsSaidThoughAllElseIsWell) {
  const auto held = hold(kAgentLockFile);
  AgentFile agent{.pid = 815, .version = "1", .started_us = now_ - 3600 * kSecond};
  agent.alive_us = now_ - 2 * kSecond;
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  EXPECT_THAT(look().problems, IsEmpty());
  agent.alive_us = now_ - 30 * kSecond;
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  auto state = look();
  EXPECT_THAT(state.problems,
              ElementsAre(HasSubstr("icom-agent run (process 815) has not responded for 30 s")));
  EXPECT_EQ(nlohmann::json::parse(to_json(state))["agent"]["silent_seconds"], 30);
  listener_.written_us = now_ - 60 * kSecond;  // gone
  state = look();
  EXPECT_THAT(state.problems, Contains(HasSubstr("icom-agent run (process 815) is to start it")));
  EXPECT_THAT(state.problems, Not(Contains(HasSubstr("start icom-agent run, or"))));
}

TEST_F(SiteStateTest, AForwarderOrAFanOutThatHangsIsToldFromNone) {
  const auto forwarder = hold(forward::kForwardLockFile);
  const auto fan_out = hold(fanout::kFanOutLockFile);
  site_.fan_out.ports = {{.serial = "4299", .listen = {"127.0.0.1", 1707}}};
  forwarder_.written_us = now_ - 6 * kSecond;
  fanout::FanOutStatus ports;
  ports.site = "nbcc";
  ports.written_us = now_ - 7 * kSecond;
  std::ofstream(folder_ / fanout::kFanOutStatusFile) << to_json(ports);
  const auto state = look();
  EXPECT_THAT(state.problems, Contains(HasSubstr("has not responded for 6 s")));
  EXPECT_THAT(state.problems, Contains(HasSubstr("has not responded for 7 s")));
}

TEST_F(SiteStateTest, AForwarderOfBeforeThatWritesEachTenSecondsDoesNotHang) {
  forwarder_.written_us = now_ - 12 * kSecond;
  forwarder_.written_each_ms = 10'000;
  EXPECT_THAT(look().problems, IsEmpty());
}

/// A second client is no help to anybody: the listener is, or may be, connected.
TEST_F(SiteStateTest, NoStateOfALinacAdvisesToConnectToIt) {
  listener_.stream.connected = false;
  for (const bool starting : {false, true}) {
    for (const auto* failure : {"", "Connection refused"}) {
      listener_.started_us = now_ - (starting ? 1 : 3600) * kSecond;
      listener_.stream.last_failure = failure;
      const auto state = look();
      std::vector<std::string> told = state.problems;
      told.insert(told.end(), state.notes.begin(), state.notes.end());
      ASSERT_THAT(told, Contains(HasSubstr(*failure != 0 ? "goes on trying" : "is connecting to")));
      EXPECT_THAT(told, Not(Contains(HasSubstr("probe"))));
    }
  }
}

TEST_F(SiteStateTest, WhoListensToALinacIsKnownWhateverTheFileSays) {
  const auto connected = [this](const config::Address& address) {
    boost::asio::io_context io(1);
    return why_not_to_connect(io, address, folder_).has_value();
  };
  const config::Address linac{"192.168.17.40", 1706};
  listener_.address = linac.text();
  look();
  EXPECT_TRUE(connected(linac)) << "its connection may be kept for the next";
  EXPECT_FALSE(connected({"192.168.17.41", 1706}));
  listener_.stream.connected = false;
  look();
  EXPECT_FALSE(connected(linac));
  const auto held = hold("4299/lock");
  EXPECT_TRUE(connected(linac)) << "it may connect at any moment";
}

TEST_F(SiteStateTest, DrainedLinacIsAProblemThatNamesTheWayBack) {
  std::ofstream(folder_ / "4299" / listen::kDrainedFile) << now_ << '\n';
  listener_.stream.connected = false;
  listener_.written_us = now_ - 60 * kSecond;
  // As after systemctl stop: resume starts nothing.
  EXPECT_THAT(look().problems, Contains(HasSubstr("asked to leave; start icom-agent run")));
  EXPECT_THAT(look().problems, Not(Contains(HasSubstr("resume"))));
  const auto held = hold(kAgentLockFile);
  const AgentFile agent{.pid = 815, .version = "1", .started_us = now_, .alive_us = now_};
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  const auto state = look();
  EXPECT_THAT(state.problems, Contains(HasSubstr("icom-agent resume --linac 4299")));
  EXPECT_THAT(state.problems, Not(Contains(HasSubstr("no listener runs"))));
}

TEST_F(SiteStateTest, WhyAListenerIsNotStartedYetIsToldAsTheSupervisorTellsIt) {
  listener_.written_us = now_ - 60 * kSecond;
  const auto held = hold(kAgentLockFile);
  const AgentFile agent{.pid = 815,
                        .version = "1",
                        .started_us = now_,
                        .alive_us = now_,
                        .waiting = {{listener_name("4299"), "it is the Linac of listen 9183"}}};
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  const auto state = look();
  EXPECT_THAT(state.problems, ElementsAre("Linac 4299: not recorded: its listener is not started "
                                          "yet: it is the Linac of listen 9183"));
  EXPECT_THAT(to_table(state), HasSubstr("4299   waits"));
  const auto json = nlohmann::json::parse(to_json(state));
  EXPECT_EQ(json["linacs"][0]["waits_for"], "it is the Linac of listen 9183");
  std::ofstream(folder_ / "4299" / listen::kDrainedFile) << now_ << '\n';
  EXPECT_EQ(look().problems, state.problems) << "also where it was asked to leave its old address";
}

TEST_F(SiteStateTest, ALinacThatIsRemovedIsShownAsLongAsItsListenerRuns) {
  std::filesystem::create_directory(folder_ / "4300");
  auto leaving = listener_;
  leaving.serial = "4300";
  leaving.address = "192.168.17.41:1706";
  std::ofstream(folder_ / "4300" / "listener.json") << listen::to_json(leaving);
  EXPECT_EQ(look().linacs.size(), 1U);

  const auto held = hold("4300/lock");
  const auto state = look();
  ASSERT_EQ(state.linacs.size(), 2U);
  EXPECT_FALSE(state.linacs[0].removed);
  EXPECT_TRUE(state.linacs[1].removed);
  EXPECT_TRUE(state.linacs[1].connected);
  EXPECT_EQ(state.linacs[1].frames, 14'400U);
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(to_table(state), HasSubstr("Linac 4300: the site's file does not have it; its "
                                         "listener still runs"));
  const auto json = nlohmann::json::parse(to_json(state));
  EXPECT_EQ(json["linacs"][0]["removed"], false);
  EXPECT_EQ(json["linacs"][1]["removed"], true);
  EXPECT_EQ(json["linacs"][1]["address"], "192.168.17.41:1706");
}

/// Linac 4300 was taken out of the site's file, and its listener goes on.
class RemovedLinac : public SiteStateTest {
 protected:
  RemovedLinac() {
    std::filesystem::create_directory(folder_ / "4300");
    held_ = hold("4300/lock");
    leaving_ = listener_;
    leaving_.serial = "4300";
    leaving_.address = "192.168.17.41:1706";
    auto& told = forwarder_.linacs.emplace_back();
    told.serial = "4300";
    told.accepted = true;
    told.registered = false;
  }
  SiteState look() {
    std::ofstream(folder_ / "4300" / "listener.json") << listen::to_json(leaving_);
    return SiteStateTest::look();
  }
  /// An icom-agent run that runs.
  void supervise(std::int64_t alive_us) {
    supervisor_ = hold(kAgentLockFile);
    const AgentFile agent{
        .pid = 815, .version = "1", .started_us = now_ - 60 * kSecond, .alive_us = alive_us};
    ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  }
  listen::ListenerStatus leaving_;
  std::unique_ptr<os::File> held_;
  std::unique_ptr<os::File> supervisor_;
};

TEST_F(RemovedLinac, WhatItLosesWhileItIsStillRecordedIsAProblem) {
  supervise(now_);
  ASSERT_THAT(look().problems, IsEmpty());
  leaving_.spool.given_up_frames = 3;
  leaving_.stream.framer.junk_bytes = 5'000;
  leaving_.spool.given_up_junk_bytes = 300;
  leaving_.stream.late_frames_without_place = 4;
  forwarder_.linacs[1].damaged_segments = 2;
  EXPECT_THAT(look().problems,
              ElementsAre(HasSubstr("Linac 4300: 3 frames were given up"),
                          HasSubstr("Linac 4300: 300 of 5000 bytes that are no frames"),
                          HasSubstr("Linac 4300: 4 frames came late"),
                          HasSubstr("Linac 4300: 2 damaged spool segments")));
}

TEST_F(RemovedLinac, WhatKeepsItFromBeingRecordedIsAProblemUntilItLeaves) {
  supervise(now_);
  leaving_.stream.last_frame_us = now_ - 11 * kSecond;
  EXPECT_THAT(look().problems, ElementsAre(HasSubstr("Linac 4300: connected, but no frame")));
  leaving_.stream.connected = false;
  leaving_.stream.last_failure = "Connection refused";
  const auto state = look();
  EXPECT_THAT(state.problems, ElementsAre(HasSubstr("no connection to 192.168.17.41:1706")));
  EXPECT_THAT(state.problems, Not(Contains(HasSubstr("site's file"))));
  std::ofstream(folder_ / "4300" / listen::kDrainedFile) << now_ << '\n';
  EXPECT_THAT(look().problems, IsEmpty()) << "it leaves, as it should";
}

TEST_F(RemovedLinac, ThatTheGatewayDoesNotTakeItIsOneProblemWhichSparesTheSpoolInUse) {
  supervise(now_);
  auto& told = forwarder_.linacs[1];
  told.accepted = false;
  told.reason = "not registered";
  EXPECT_THAT(look().problems, IsEmpty()) << "nothing waits for the gateway";
  told.backlog_bytes = 1'000;
  EXPECT_THAT(look().problems,
              ElementsAre(HasSubstr("4300: the gateway does not take it: not registered")));
  held_.reset();  // it has left
  EXPECT_THAT(look().problems, ElementsAre(HasSubstr("delete " + (folder_ / "4300").string())));
}

TEST_F(RemovedLinac, WhatIsLeftInItsSpoolIsMentionedUntilAllOfItIsSent) {
  supervise(now_);
  held_.reset();  // it has left
  forwarder_.linacs[1].backlog_bytes = 1'000;
  const auto state = look();
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(
      state.notes,
      Contains(HasSubstr("Linac 4300, which the site's file does not have, has 1000 bytes")));
  forwarder_.linacs[1].backlog_bytes = 0;
  EXPECT_THAT(look().notes, Not(Contains(HasSubstr("4300"))));
}

TEST_F(RemovedLinac, WhenItLeavesDependsOnWhoTellsItTo) {
  const auto said = [this] { return to_table(look()); };
  EXPECT_THAT(said(), HasSubstr("still runs, and goes on until it is stopped, or until icom-agent "
                                "run is started\n"));
  supervise(now_);
  EXPECT_THAT(said(), HasSubstr("still runs, and leaves once no beam is on\n"));
  supervisor_.reset();
  supervise(now_ - 30 * kSecond);
  EXPECT_THAT(said(), HasSubstr("icom-agent run, which is to have it leave, does not respond\n"));
}

TEST_F(RemovedLinac, AListenerThatHangsIsNotSaidToBeReplaced) {
  leaving_.written_us = now_ - 12 * kSecond;
  auto state = look();
  EXPECT_THAT(state.problems, ElementsAre(HasSubstr("is there to end it: start one")));
  supervise(now_);
  state = look();
  EXPECT_THAT(state.problems, ElementsAre(HasSubstr("icom-agent run kills it, and none follows")));
  EXPECT_THAT(to_table(state), HasSubstr("its listener still runs\n"));
}

TEST_F(SiteStateTest, EmptySpoolDirectoryMeansThatNothingRuns) {
  const auto state = look_at_site(site_, now_, kVersion);
  EXPECT_THAT(state.problems, Contains(HasSubstr("no forwarder runs")));
  EXPECT_THAT(state.problems, Contains(HasSubstr("Linac 4299: no listener runs")));
}

TEST_F(SiteStateTest, OldFilesMeanThatNothingRuns) {
  listener_.written_us -= 6 * kSecond;
  forwarder_.written_us -= 31 * kSecond;
  const auto state = look();
  EXPECT_FALSE(state.linacs.at(0).connected);
  EXPECT_FALSE(state.connected);
  EXPECT_EQ(state.problems.size(), 2U);
}

TEST_F(SiteStateTest, FilesOfATimeToComeMeanThatNothingRunsOrThatTheClockWasSetBack) {
  for (const std::int64_t ahead : {0, 1, 3600}) {
    listener_.written_us = forwarder_.written_us = now_ + ahead * kSecond;
    gone_ = true;
    auto state = look();
    EXPECT_THAT(state.problems, ElementsAre(HasSubstr("no forwarder runs"),
                                            HasSubstr("Linac 4299: no listener runs")));
    EXPECT_FALSE(state.linacs.at(0).connected);
    gone_ = false;
    state = look();
    if (ahead <= 1) {
      EXPECT_THAT(state.problems, IsEmpty());
      continue;
    }
    EXPECT_THAT(state.problems, ElementsAre(HasSubstr("told of itself 3600 s ahead"),
                                            HasSubstr("told of itself 3600 s ahead")));
    EXPECT_FALSE(state.linacs.at(0).connected);
  }
}

TEST_F(SiteStateTest, AFrameOfATimeToComeIsNoFrameOfNow) {
  listener_.stream.last_frame_us = now_ + 3600 * kSecond;
  EXPECT_THAT(look().problems, ElementsAre(HasSubstr("no frame has come since this machine's "
                                                     "clock was set back")));
}

TEST_F(SiteStateTest, ListenerWithoutALinacSaysWhy) {
  listener_.stream.connected = false;
  listener_.stream.last_failure = "Connection refused";
  EXPECT_THAT(look().problems, Contains(HasSubstr("Connection refused")));
}

TEST_F(SiteStateTest, QuietLinacIsAProblem) {
  listener_.stream.last_frame_us = now_ - 11 * kSecond;
  EXPECT_THAT(look().problems, Contains(HasSubstr("connected, but no frame has come for ")));
}

TEST_F(SiteStateTest, AQuietLinacIsNoProblemWithinTenSecondsOfItsListenersStart) {
  listener_.stream.last_frame_us = 0;
  listener_.started_us = now_ - 9 * kSecond;
  EXPECT_THAT(look().problems, IsEmpty());
  listener_.started_us = now_ - 11 * kSecond;
  EXPECT_THAT(look().problems,
              ElementsAre(HasSubstr("no frame has come since the listener began")));
}

TEST_F(SiteStateTest, BytesInWhichNoFrameIsFoundAreSaidToComeAndNotToBeMissing) {
  listener_.stream.last_frame_us = 0;
  listener_.stream.last_bytes_us = now_ - kSecond;
  listener_.stream.framer.junk_bytes = 133'000;
  const auto state = look();
  EXPECT_THAT(state.problems,
              ElementsAre(::testing::AllOf(
                  HasSubstr("bytes come, but no frame was found in them since the listener began"),
                  HasSubstr("133000 bytes"), HasSubstr("192.168.17.40:1706"),
                  Not(HasSubstr("control system is off")))));
  listener_.stream.last_bytes_us = now_ - 11 * kSecond;
  EXPECT_THAT(look().problems, ElementsAre(HasSubstr("no frame has come")));
}

TEST_F(SiteStateTest, OfAListenerThatIsToMoveTheAddressThatIsReadIsShown) {
  listener_.address = "192.168.17.39:1706";
  listener_.stream.peer = "192.168.17.39:1706";
  const auto held = hold(kAgentLockFile);
  const AgentFile agent{.pid = 815, .version = "1", .started_us = now_, .alive_us = now_};
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  auto state = look();
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(to_table(state),
              HasSubstr("Linac 4299: waits to leave 192.168.17.39:1706 for 192.168.17.40:1706: its "
                        "listener is still at the former, and leaves once no beam is on\n"));
  auto json = nlohmann::json::parse(to_json(state)).at("linacs").at(0);
  EXPECT_EQ(json.at("address"), "192.168.17.39:1706");
  EXPECT_EQ(json.at("peer"), "192.168.17.39:1706");
  EXPECT_EQ(json.at("moves_to"), "192.168.17.40:1706");
  listener_.address = "192.168.17.40:1706";
  json = nlohmann::json::parse(to_json(look())).at("linacs").at(0);
  EXPECT_EQ(json.at("address"), "192.168.17.40:1706");
  EXPECT_EQ(json.at("moves_to"), "");
}

TEST_F(SiteStateTest, FramesGivenUpAreAProblem) {
  listener_.spool.given_up_frames = 3;
  EXPECT_THAT(look().problems, Contains(HasSubstr("3 frames were given up")));
}

TEST_F(SiteStateTest, LateFramesWithoutAPlaceAreAProblem) {
  listener_.stream.late_frames_without_place = 4;
  const auto state = look();
  EXPECT_THAT(state.problems, Contains(HasSubstr("4 frames came late")));
  EXPECT_EQ(
      nlohmann::json::parse(to_json(state)).at("linacs").at(0).at("late_frames_without_place"), 4);
}

TEST_F(SiteStateTest, ConnectionsThatWereGivenUpAndAreStillReadAreShownAndNoProblem) {
  EXPECT_THAT(to_table(look()), Not(HasSubstr("still read")));
  listener_.stream.late_connections = 2;
  const auto state = look();
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(to_table(state), HasSubstr("Linac 4299: 2 connections that were given up"));
  EXPECT_EQ(nlohmann::json::parse(to_json(state)).at("linacs").at(0).at("late_connections"), 2);
}

TEST_F(SiteStateTest, JunkGivenUpIsAProblem) {
  listener_.stream.framer.junk_bytes = 5'000;
  listener_.spool.given_up_junk_bytes = 300;
  listener_.queue.dropped_junk_bytes = 40;
  const auto state = look();
  EXPECT_THAT(state.problems, Contains(HasSubstr("340 of 5000 bytes that are no frames")));
  EXPECT_EQ(nlohmann::json::parse(to_json(state)).at("linacs").at(0).at("given_up_junk_bytes"),
            340);
}

TEST_F(SiteStateTest, DamagedSegmentsAreAProblemThatNamesTheFileAndWhatToDo) {
  forwarder_.linacs[0].damaged_segments = 2;
  forwarder_.linacs[0].damaged_newest = "/spool/4299/000000000042.spool.damaged";
  const auto state = look();
  EXPECT_THAT(state.problems, Contains(::testing::AllOf(HasSubstr("2 damaged spool segments"),
                                                        HasSubstr("42.spool.damaged"),
                                                        HasSubstr("delete the files"))));
  EXPECT_EQ(nlohmann::json::parse(to_json(state)).at("linacs").at(0).at("damaged_segments"), 2);
}

TEST_F(SiteStateTest, ForwarderWithoutAGatewaySaysWhy) {
  forwarder_.connected = false;
  forwarder_.last_error = forward::ForwardError{"host_key", "the host key differs", now_};
  EXPECT_THAT(look().problems, Contains(HasSubstr("the host key differs")));
}

TEST_F(SiteStateTest, RefusedLinacSaysWhy) {
  forwarder_.linacs[0].accepted = false;
  forwarder_.linacs[0].reason = "not registered";
  EXPECT_THAT(look().problems, Contains(HasSubstr("not registered")));
}

TEST_F(SiteStateTest, ALinacOfWhichTheGatewayHasSaidNothingIsAProblemOnlyAfterTenSeconds) {
  for (const bool told : {false, true}) {
    forwarder_.linacs.clear();
    if (told) forwarder_.linacs.emplace_back().serial = "4299";  // and not accepted, for no reason
    listener_.started_us = now_ - 5 * kSecond;
    forwarder_.since_us = now_ - 60 * kSecond;
    EXPECT_THAT(look().problems, IsEmpty()) << "it has just been added";
    EXPECT_THAT(to_table(look()), HasSubstr("not yet"));
    listener_.started_us = now_ - 60 * kSecond;
    forwarder_.since_us = now_ - 5 * kSecond;
    EXPECT_THAT(look().problems, IsEmpty()) << "the session has just begun";
    forwarder_.since_us = now_ - 60 * kSecond;
    EXPECT_THAT(look().problems, ElementsAre(HasSubstr("4299: the gateway has not said that it "
                                                       "takes it; its spool keeps everything")));
  }
}

TEST_F(SiteStateTest, SpoolFolderThatWasMadeAnewUnderItsListenerIsTold) {
  listener_.folders_made_anew = 1;
  listener_.folder_made_anew_us = now_ - 300 * kSecond;
  EXPECT_THAT(look().problems,
              ElementsAre(HasSubstr("Linac 4299: its spool folder was removed or "
                                    "replaced while its listener ran, 5 min ago")));
  EXPECT_EQ(nlohmann::json::parse(to_json(look())).at("linacs").at(0).at("folders_made_anew"), 1);
}

TEST_F(SiteStateTest, LinacThatAProgramIsConnectedToWithoutItsFolderIsNotSaidToHaveNoListener) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor linac(io, {boost::asio::ip::address_v4::loopback(), 0});
  boost::asio::ip::tcp::socket orphan(io);
  orphan.connect(linac.local_endpoint());
  site_.linacs.at(0).address = {"127.0.0.1", linac.local_endpoint().port()};
  listener_.written_us = now_ - 60 * kSecond;
  EXPECT_THAT(
      look().problems,
      ElementsAre(AllOf(HasSubstr("no listener holds its spool folder, and a program of this "
                                  "machine is connected to 127.0.0.1:"),
                        HasSubstr("a listener whose folder was removed"))));
}

TEST_F(SiteStateTest, SiteThatWasRenamedWhileItRunsIsToldWithTheNameThatIsInUse) {
  site_.site = "nbcc-new";
  EXPECT_THAT(look().problems,
              ElementsAre(AllOf(HasSubstr("the site's file says site: nbcc-new"),
                                HasSubstr("works as site nbcc"), HasSubstr("put that back"))));
  const auto held = hold(kAgentLockFile);
  AgentFile agent{.pid = 815, .version = kVersion, .started_us = now_};
  agent.alive_us = now_;
  agent.site = "nbcc";
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, agent));
  EXPECT_THAT(look().problems,
              ElementsAre(AllOf(HasSubstr("the site's file says site: nbcc-new"),
                                HasSubstr("icom-agent run (process 815) goes on as site nbcc"),
                                HasSubstr("icom-gateway add-site"))));
  site_.site = "nbcc";
  EXPECT_THAT(look().problems, IsEmpty());
}

/// A forward of the settings, and what the forwarder tells of it.
forward::PortForwardStatus& add_forward(config::SiteSettings& site, forward::ForwardStatus& told,
                                        const std::string& name, const std::string& state) {
  auto& wanted = site.forwards.emplace_back();
  wanted.name = name;
  auto& status = told.forwards.emplace_back();
  status.name = name;
  status.state = state;
  status.direction = "remote";
  status.listen = "127.0.0.1:12433";
  status.target = "192.168.17.5:1433";
  return status;
}

TEST_F(SiteStateTest, ForwardThatIsUpIsNoProblemWhateverLastWentWrong) {
  add_forward(site_, forwarder_, "mosaiq", "up").last_failure = "the target refused once";
  EXPECT_THAT(look().problems, IsEmpty());
  EXPECT_THAT(to_table(look()), HasSubstr("hosting site 127.0.0.1:12433  192.168.17.5:1433  up"));
}

TEST_F(SiteStateTest, ForwardWhoseTargetTakesNoConnectionIsAProblemThoughItIsUp) {
  auto& mosaiq = add_forward(site_, forwarder_, "mosaiq", "up");
  mosaiq.target_refusals = 3;
  mosaiq.target_refuses_since_us = now_ - 300 * kSecond;
  mosaiq.last_failure = "connecting failed: Connection refused";
  EXPECT_THAT(
      look().problems,
      ElementsAre("forward mosaiq: connections are accepted at the hosting site's "
                  "127.0.0.1:12433, but its target 192.168.17.5:1433 has taken none for 5 min "
                  "(3 in a row; connecting failed: Connection refused): start what is to "
                  "listen there, or correct the forward's target"));
  EXPECT_THAT(to_table(look()), HasSubstr("192.168.17.5:1433  up, target refuses"));
  mosaiq.target_refusals = 0;
  EXPECT_THAT(look().problems, IsEmpty());
}

TEST_F(SiteStateTest, ForwardThatIsRefusedSaysWhy) {
  add_forward(site_, forwarder_, "mosaiq", "refused").last_failure = "the port is held";
  EXPECT_THAT(look().problems, ElementsAre("forward mosaiq is not open: the port is held"));
}

TEST_F(SiteStateTest, ForwardsThatWaitForOneTunnelAreOneProblem) {
  for (const auto* name : {"web", "mosaiq"}) {
    add_forward(site_, forwarder_, name, "waiting").last_failure = "no route";
  }
  EXPECT_THAT(look().problems, ElementsAre("forwards without a tunnel: web, mosaiq (no route)"));
}

TEST_F(SiteStateTest, ForwardThatTheForwarderDoesNotKnowIsAProblem) {
  site_.forwards.emplace_back().name = "new";
  EXPECT_THAT(look().problems, ElementsAre(HasSubstr("new (the forwarder does not know it yet)")));
}

TEST_F(SiteStateTest, WithoutAForwarderOnlyThatIsAProblemOfItsForwards) {
  add_forward(site_, forwarder_, "mosaiq", "up");
  forwarder_.written_us = now_ - 60 * kSecond;
  EXPECT_THAT(look().problems, ElementsAre(HasSubstr("no forwarder runs")));
}

TEST_F(SiteStateTest, DamagedFilesAreAsNone) {
  look();
  std::ofstream(folder_ / "forward.json") << "{";
  std::ofstream(folder_ / "4299" / "listener.json") << "\xff\xfe";
  EXPECT_EQ(look_at_site(site_, now_, kVersion).problems.size(), 2U);
}

TEST_F(SiteStateTest, JsonHoldsTheTablesValues) {
  const auto state = look();
  const auto json = nlohmann::json::parse(to_json(state));
  EXPECT_EQ(json.at("well"), true);
  EXPECT_EQ(json.at("linacs").at(0).at("serial"), "4299");
  EXPECT_EQ(json.at("linacs").at(0).at("frames"), 14'400);
  EXPECT_EQ(json.at("forwarder").at("connected"), true);
}

TEST_F(SiteStateTest, JsonTellsOfAForwardAndOfTheLastErrorWhatTheForwarderDoes) {
  add_forward(site_, forwarder_, "mosaiq", "up").bytes_to_target = 123;
  forwarder_.last_error = forward::ForwardError{"host_key", "the host key differs", now_};
  const auto told = nlohmann::json::parse(forward::to_json(forwarder_));
  const auto json = nlohmann::json::parse(to_json(look()));
  EXPECT_EQ(json.at("forwards"), told.at("forwards"));
  EXPECT_EQ(json.at("forwards").at(0).at("bytes_to_target"), 123);
  EXPECT_EQ(json.at("forwarder").at("last_error"), told.at("last_error"));
}

TEST_F(SiteStateTest, AFirstAttemptIsNoFaultUntilItFailsOrTakesLong) {
  site_.forwards.emplace_back().name = "mosaiq";
  listener_.started_us = now_ - kSecond;
  listener_.stream.connected = false;
  forwarder_.connected = false;
  forwarder_.since_us = now_ - kSecond;
  const auto connecting = look();
  EXPECT_THAT(connecting.problems, IsEmpty());
  EXPECT_THAT(connecting.notes,
              ElementsAre("the forwarder is connecting to the gateway",
                          HasSubstr("the listener is connecting to 192.168.17.40:1706"),
                          HasSubstr("forwards without a tunnel: mosaiq")));

  listener_.started_us = forwarder_.since_us = now_ - 11 * kSecond;
  EXPECT_EQ(look().problems.size(), 3U) << "they take long";

  listener_.started_us = forwarder_.since_us = now_ - kSecond;
  listener_.stream.last_failure = "Connection refused";
  forwarder_.last_error = forward::ForwardError{"network", "no route to host", now_};
  EXPECT_THAT(look().problems, ElementsAre(HasSubstr("to the gateway: no route to host"),
                                           HasSubstr("(Connection refused)")));
}

TEST_F(SiteStateTest, WhatOthersHaveWrittenMovesNoCursorAndAddsNoLine) {
  forwarder_.connected = false;
  forwarder_.last_error = forward::ForwardError{"refused", "no\x1b[2J\nall is well", now_};
  const std::string table = to_table(look());
  EXPECT_THAT(table, HasSubstr("no?[2J?all is well\n"));
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
}

TEST_F(SiteStateTest, ASpoolThatTheForwarderCannotReadIsAProblem) {
  forwarder_.linacs[0].unreadable = "/spool/4299/000000000043.spool: Permission denied";
  EXPECT_THAT(look().problems,
              ElementsAre(HasSubstr("4299: the forwarder cannot read its spool "
                                    "(/spool/4299/000000000043.spool: Permission denied)")));
}

TEST_F(SiteStateTest, ProgramsThatTheirSupervisorHasLeftAreAProblem) {
  EXPECT_THAT(look().problems, IsEmpty()) << "other services look after them";
  AgentFile left;
  left.alive_us = now_;
  ASSERT_FALSE(write_agent_file(os::real_file_system(), folder_, left));
  EXPECT_THAT(look().problems, ElementsAre(HasSubstr("icom-agent run, which looked after")));
  const auto lock = hold(kAgentLockFile);
  EXPECT_THAT(look().problems, IsEmpty());
}

TEST_F(SiteStateTest, WhatIsOnItsWayIsNoBacklogInTheTable) {
  forwarder_.linacs[0].backlog_bytes = 9'064;
  forwarder_.linacs[0].just_sent_bytes = 8'064;
  const auto state = look();
  EXPECT_THAT(to_table(state), HasSubstr(" 1.0 kB "));
  EXPECT_EQ(nlohmann::json::parse(to_json(state)).at("linacs").at(0).at("backlog_bytes"), 9'064);
}

TEST_F(SiteStateTest, ForwarderWithABacklogIsWorthWaitingFor) {
  forwarder_.linacs[0].backlog_bytes = 1;
  look();
  DrainCheck drained(folder_);
  EXPECT_FALSE(drained());
  forwarder_.connected = false;  // it may just be connecting
  look();
  EXPECT_FALSE(drained());
}

TEST_F(SiteStateTest, ForwarderThatIsGoneIsNotWorthWaitingFor) {
  forwarder_.linacs[0].backlog_bytes = 1;
  forwarder_.written_us -= 31 * kSecond;
  look();
  EXPECT_TRUE(DrainCheck(folder_)());
  std::filesystem::remove(folder_ / "forward.json");
  EXPECT_TRUE(DrainCheck(folder_)());
}

TEST(AgeTextTest, UnitsGrow) {
  EXPECT_EQ(age_text(0, 5), "-");
  EXPECT_EQ(age_text(1, 1 + 119 * kSecond), "119 s");
  EXPECT_EQ(age_text(1, 1 + 120 * kSecond), "2 min");
  EXPECT_EQ(age_text(1, 1 + 7200 * kSecond), "2 h");
  EXPECT_EQ(age_text(1, 1 + 48 * 3600 * kSecond), "2 d");
  EXPECT_EQ(age_text(5 * kSecond, 1), "0 s") << "a clock that was set back";
}

TEST(SizeTextTest, UnitsGrow) {
  EXPECT_EQ(size_text(0), "0");
  EXPECT_EQ(size_text(999), "999 B");
  EXPECT_EQ(size_text(1500), "1.5 kB");
  EXPECT_EQ(size_text(9'960), "10 kB");
  EXPECT_EQ(size_text(999'600), "1.0 MB");
  EXPECT_EQ(size_text(2'800'000'000), "2.8 GB");
}

class FanOutStateTest : public SiteStateTest {
 protected:
  FanOutStateTest() {
    site_.fan_out.ports = {{"4299", {"127.0.1.1", 1706}}};
    fan_out_.site = "nbcc";
    fan_out_.written_us = now_ - 3 * kSecond;
    auto& port = fan_out_.ports.emplace_back();
    port.serial = "4299";
    port.listen = "127.0.1.1:1706";
    port.listening = true;
    port.clients = 2;
    port.clients_total = 7;
    port.cut_off = 1;
    port.sent_bytes = 1'500'000'000;
  }
  SiteState look() {
    std::ofstream(folder_ / fanout::kFanOutStatusFile) << fanout::to_json(fan_out_);
    fan_out_written_us_ = fan_out_.written_us;
    return SiteStateTest::look();
  }
  fanout::FanOutStatus fan_out_;
};

TEST_F(FanOutStateTest, PortsAreShownWithTheirClients) {
  const auto state = look();
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(
      to_table(state),
      HasSubstr("fan-out 4299: 127.0.1.1:1706, 2 clients (7 in all, 1 cut off), 1.5 GB sent\n"));
  const auto json = nlohmann::json::parse(to_json(state)).at("fan_out");
  EXPECT_EQ(json.at("running"), true);
  EXPECT_EQ(json.at("ports").at(0).at("clients"), 2);
}

TEST_F(FanOutStateTest, AFanOutThatIsGoneIsAProblemWhereThereArePorts) {
  fan_out_.written_us = now_ - 60 * kSecond;
  EXPECT_THAT(look().problems, Contains(HasSubstr("no fan-out runs")));
  EXPECT_THAT(to_table(look()), HasSubstr("127.0.1.1:1706, no fan-out"));
  site_.fan_out.ports.clear();
  EXPECT_THAT(look().problems, IsEmpty());
}

TEST_F(FanOutStateTest, APortThatCannotBeListenedOnIsAProblemWithWhatToDo) {
  fan_out_.ports.at(0).listening = false;
  fan_out_.ports.at(0).problem = "Address already in use";
  EXPECT_THAT(look().problems,
              Contains(HasSubstr("127.0.1.1:1706 cannot be listened on (Address already in use)")));
}

TEST_F(FanOutStateTest, APortThatWasJustAddedIsNoProblem) {
  site_.fan_out.ports.push_back({"9183", {"127.0.1.2", 1706}});
  const auto state = look();
  EXPECT_THAT(state.problems, IsEmpty());
  EXPECT_THAT(to_table(state), HasSubstr("fan-out 9183: 127.0.1.2:1706, not listened on"));
}

}  // namespace
}  // namespace icom::supervise
