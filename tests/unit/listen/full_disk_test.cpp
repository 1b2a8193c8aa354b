// A listener whose disk is full: what waits in its memory goes neither at a take-over nor unsaid at
// a stop. The control channel is a real one, the disk is in memory.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "agent/listen/listen_program.hpp"
#include "agent/listen/listener_requests.hpp"
#include "agent/listen/newcomer.hpp"
#include "agent/spool/spool_reader.hpp"
#include "common/control/protocol.hpp"
#include "tests/unit/listen/control_talk.hpp"
#include "tests/unit/listen/fake_linac.hpp"
#include "tests/unit/os/faulting_file_system.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::listen {
namespace {

using ::std::chrono::milliseconds;

class OnAFullDisk : public ::testing::Test {
 protected:
  OnAFullDisk() {
    spdlog::set_level(spdlog::level::off);
    std::filesystem::create_directory(folder());
  }
  ~OnAFullDisk() override {
    files_.hold_appends(false);
    stop();
  }

  [[nodiscard]] std::filesystem::path folder() const { return folder_.path() / "4299"; }

  void start() {
    std::promise<void> runs;
    thread_ = std::thread([this, &runs] {
      boost::asio::io_context io;
      ListenProgram program(io, files_, settings(), [&](std::exception_ptr failure) {
        EXPECT_FALSE(failure);
        io.stop();
      });
      program.start();
      io_ = &io;
      program_ = &program;
      runs.set_value();
      io.run();
      lost_ = program.finish();
    });
    runs.get_future().wait();
  }
  void stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(*io_, [this] { program_->stop(); });
    thread_.join();
  }

  [[nodiscard]] ListenerSettings settings() const {
    ListenerTimings timings;
    timings.pause = timings.drain = milliseconds(20);
    timings.status = timings.append_retry = timings.sync = milliseconds(5);
    return {.linac = linac_.address(),
            .serial = "4299",
            .spool = folder_.path(),
            .limits = {},
            .timings = timings};
  }

  struct Spooled {
    ByteVector frames;
    Hole hole;
    std::string reasons;
  };
  Spooled spooled() {
    spool::SpoolReader reader(files_, folder());
    Spooled all;
    while (const auto entry = reader.next()) {
      if (entry->kind == EntryKind::frame) append(all.frames, entry->bytes);
      if (entry->kind != EntryKind::hole) continue;
      const Hole one = decode_hole(entry->bytes);
      all.hole.frames += one.frames;
      all.hole.frames_with_patient += one.frames_with_patient;
      all.reasons += one.reason;
    }
    return all;
  }
  bool has_spooled(const ByteVector& frames) {
    return eventually([&] { return spooled().frames == frames; });
  }
  std::string says() {
    ControlTalk talk(folder());
    EXPECT_TRUE(talk.say(std::string(control::kAlive)));
    return talk.hear().value_or("(nothing)");
  }
  bool refuses() {
    return eventually(
        [&] { return says().find("the spool takes no entries") != std::string::npos; });
  }
  /// Why there is none; empty if there is one.
  std::string take_over() {
    Newcomer newcomer(files_, folder());
    try {
      newcomer.ask();
      return {};
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  os::TemporaryDirectory folder_;
  os::FaultingFileSystem files_;
  FakeLinac linac_;
  std::thread thread_;
  boost::asio::io_context* io_ = nullptr;
  ListenProgram* program_ = nullptr;
  Lost lost_;
};

TEST_F(OnAFullDisk, ATakeOverIsDeclinedWithTheReasonAndNothingThatWaitsIsLost) {
  start();
  linac_.accept();
  linac_.send(linac_frames(0, 4));
  ASSERT_TRUE(has_spooled(linac_frames(0, 4)));
  EXPECT_EQ(says(), "alive");
  files_.set_capacity(0);
  linac_.send(linac_frames(5, 24));
  ASSERT_TRUE(refuses());
  const std::string why = take_over();
  EXPECT_NE(why.find("the spool takes no entries"), std::string::npos) << why;
  EXPECT_NE(why.find("No space left on device"), std::string::npos) << why;
  linac_.send(linac_frames(25, 29));
  files_.set_capacity(std::nullopt);
  EXPECT_TRUE(has_spooled(linac_frames(0, 29)));
  EXPECT_TRUE(eventually([&] { return says() == "alive"; }));
  stop();
  EXPECT_EQ(spooled().hole.frames, 0U);
  EXPECT_EQ(lost_.frames + lost_.others, 0U);
}

TEST_F(OnAFullDisk, WhatTheSpoolRefusesDuringATakeOverStaysWithTheListenerWhichGoesOn) {
  start();
  linac_.accept();
  linac_.send(linac_frames(0, 4));
  ASSERT_TRUE(has_spooled(linac_frames(0, 4)));
  files_.hold_appends(true);
  linac_.send(linac_frames(5, 9));
  ASSERT_TRUE(eventually([&] { return files_.appends_held() > 0; }));
  auto answer = std::async(std::launch::async, [this] { return take_over(); });
  ASSERT_TRUE(eventually([&] { return files_.lock_is_held(folder() / kHandoverLock); }));
  files_.set_capacity(0);
  files_.hold_appends(false);
  const std::string why = answer.get();
  EXPECT_NE(why.find("the spool takes no entries"), std::string::npos) << why;
  linac_.send(linac_frames(10, 14));
  ASSERT_TRUE(refuses());
  files_.set_capacity(std::nullopt);
  EXPECT_TRUE(has_spooled(linac_frames(0, 14)));
  stop();
  EXPECT_EQ(spooled().hole.frames, 0U);
  EXPECT_EQ(lost_.frames + lost_.others, 0U);
}

TEST_F(OnAFullDisk, WhatAStopLosesIsCountedAndTheSpoolTellsOfIt) {
  start();
  linac_.accept();
  linac_.send(linac_frames(0, 4));
  ASSERT_TRUE(has_spooled(linac_frames(0, 4)));
  files_.set_capacity(0);
  linac_.send(linac_frames(5, 14));
  linac_.send(linac_frames(15, 20, false));
  ASSERT_TRUE(eventually([&] { return says().find(" 16 wait") != std::string::npos; })) << says();
  stop();
  EXPECT_EQ(lost_.frames, 16U);
  EXPECT_EQ(lost_.frames_with_patient, 10U);
  EXPECT_EQ(lost_.others, 1U) << "the end of the connection";
  EXPECT_TRUE(lost_.told);
  const auto found = spooled();
  EXPECT_EQ(found.frames, linac_frames(0, 4));
  EXPECT_EQ(found.hole.frames, 16U);
  EXPECT_EQ(found.hole.frames_with_patient, 10U);
  EXPECT_EQ(found.reasons, "disk_full");
}

TEST_F(OnAFullDisk, AListenerThatBeginsReadsItsLinacAndKeepsAllForWhenThereIsRoom) {
  files_.set_capacity(0);
  start();
  linac_.accept();
  linac_.send(linac_frames(0, 9));
  ASSERT_TRUE(refuses());
  files_.set_capacity(std::nullopt);
  EXPECT_TRUE(has_spooled(linac_frames(0, 9)));
  stop();
  EXPECT_EQ(lost_.frames + lost_.others, 0U);
}

}  // namespace
}  // namespace icom::listen
