// The listener as a whole, in this process: a Linac played by the test, a disk that does as the
// test wants.
#include "agent/listen/listener.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "agent/spool/spool_reader.hpp"
#include "tests/unit/listen/fake_linac.hpp"
#include "tests/unit/os/faulting_file_system.hpp"

namespace icom::listen {
namespace {

using std::chrono::milliseconds;

const std::filesystem::path kSpool = "/spool";

class Listening : public ::testing::Test {
 protected:
  Listening() { spdlog::set_level(spdlog::level::off); }
  ~Listening() override {
    files_.hold_appends(false);  // where a test failed half-way
    files_.hold_syncs(false);
    stop();
  }

  void start(ListenerTimings timings = quick()) {
    std::promise<void> listening;
    thread_ = std::thread([this, timings, &listening] {
      boost::asio::io_context io;
      Listener listener(io, files_,
                        {.linac = linac_.address(),
                         .serial = "4299",
                         .spool = kSpool,
                         .limits = {},
                         .timings = timings},
                        [] {});
      listener.start();
      io_ = &io;
      listener_ = &listener;
      listening.set_value();
      io.run();
    });
    listening.get_future().wait();
  }

  /// Both phases: FIN, and everything in the spool and synced.
  void stop() {
    if (!thread_.joinable()) return;
    boost::asio::post(*io_, [this] { listener_->stop(); });
    thread_.join();
  }

  static ListenerTimings quick() {
    ListenerTimings timings;
    timings.pause = milliseconds(20);
    timings.drain = milliseconds(20);
    timings.first_retry = milliseconds(2);
    timings.last_retry = milliseconds(20);
    timings.call_each = milliseconds(2);
    timings.status = milliseconds(5);
    timings.append_retry = milliseconds(5);
    timings.sync = milliseconds(5);
    return timings;
  }

  [[nodiscard]] ListenerStatus status() const { return listener_->status(); }
  bool received(std::uint64_t frames) {
    return eventually([&] { return status().stream.framer.frames == frames; });
  }

  struct Spooled {
    std::vector<EntryKind> kinds;
    ByteVector stream;
    std::uint64_t frames = 0;
    std::uint64_t frames_in_holes = 0;
    std::vector<std::string> ends;
  };
  Spooled spooled() {
    spool::SpoolReader reader(files_, kSpool / "4299");
    Spooled all;
    while (const auto entry = reader.next()) {
      all.kinds.push_back(entry->kind);
      if (entry->kind == EntryKind::frame) ++all.frames;
      if (entry->kind == EntryKind::frame || entry->kind == EntryKind::junk) {
        append(all.stream, entry->bytes);
      } else if (entry->kind == EntryKind::disconnected) {
        all.ends.emplace_back(as_text(entry->bytes));
      } else if (entry->kind == EntryKind::hole) {
        all.frames_in_holes += decode_hole(entry->bytes).frames;
      }
    }
    return all;
  }

  os::FaultingFileSystem files_;
  FakeLinac linac_;
  std::thread thread_;
  boost::asio::io_context* io_ = nullptr;
  Listener* listener_ = nullptr;
};

TEST_F(Listening, EntriesAreWhatTheLinacSentHoweverItIsCut) {
  start();
  ByteVector sent;
  linac_.accept();
  unsigned number = 0;
  for (const std::size_t piece : {1U, 7U, 1000U, 1'000'000U}) {
    const auto frames = linac_frames(number, number + 4);
    linac_.send_in_pieces(frames, piece);
    append(sent, frames);
    number += 5;
  }
  EXPECT_TRUE(received(number));
  stop();
  const auto found = spooled();
  EXPECT_EQ(found.stream, sent);
  EXPECT_EQ(found.frames, number);
  EXPECT_EQ(found.kinds.front(), EntryKind::connected);
  EXPECT_EQ(found.ends, std::vector<std::string>{"the listener was stopped"});
}

TEST_F(Listening, StopSendsFinAndNothingElseAndKeepsWhatComesUntilTheLinacHasClosed) {
  auto timings = quick();
  timings.drain = kTestDeadline;
  start(timings);
  linac_.accept();
  linac_.send(linac_frames(0, 3));
  EXPECT_TRUE(received(4));
  boost::asio::post(*io_, [this] { listener_->stop(); });
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.send(linac_frames(4, 5));
  linac_.close();
  thread_.join();
  EXPECT_EQ(spooled().stream, linac_frames(0, 5));
}

TEST_F(Listening, StopEndsAlsoWhereTheLinacDoesNotCloseItsEnd) {
  start();
  linac_.accept();
  stop();
  EXPECT_EQ(linac_.wait_for_end(), "fin");
}

TEST_F(Listening, WhatWasReceivedIsSyncedWhenTheListenerHasStopped) {
  start();
  linac_.accept();
  linac_.send(linac_frames(0, 9));
  EXPECT_TRUE(received(10));
  stop();
  files_.cut_power();
  EXPECT_EQ(spooled().stream, linac_frames(0, 9));
}

TEST_F(Listening, ConnectsAgainWhenTheLinacCloses) {
  start();
  for (unsigned i = 0; i < 3; ++i) {
    linac_.accept();
    linac_.send(linac_frame(i));
    linac_.close();
  }
  linac_.accept();
  EXPECT_TRUE(eventually([&] { return status().stream.connections == 4; }));
  stop();
  EXPECT_EQ(spooled().stream, linac_frames(0, 2));
  EXPECT_EQ(spooled().ends,
            (std::vector<std::string>{"closed by the Linac", "closed by the Linac",
                                      "closed by the Linac", "the listener was stopped"}));
}

TEST_F(Listening, ALinacThatEndsConnectionsAfterSomeFramesIsCalledAgainAtOnce) {
  auto timings = quick();
  timings.first_retry = timings.last_retry = timings.steady = std::chrono::hours(1);
  start(timings);
  for (unsigned i = 0; i < 4; ++i) {
    linac_.accept();
    linac_.send(linac_frame(i));
    linac_.close();
  }
  EXPECT_TRUE(eventually([&] { return spooled().frames == 4; }));
  stop();
  EXPECT_EQ(spooled().stream, linac_frames(0, 3));
}

TEST_F(Listening, KeepsTryingWhileTheLinacRefuses) {
  linac_.refuse();
  start();
  EXPECT_TRUE(eventually([&] { return !status().stream.last_failure.empty(); }));
  EXPECT_FALSE(status().stream.connected);
  linac_.take_again();
  linac_.accept();
  EXPECT_TRUE(eventually([&] { return status().stream.connected; }));
}

TEST_F(Listening, StopEndsAListenerThatHasNoConnection) {
  linac_.refuse();
  start();
  EXPECT_TRUE(eventually([&] { return !status().stream.last_failure.empty(); }));
  stop();
  EXPECT_TRUE(spooled().kinds.empty());
}

TEST_F(Listening, AConnectionWithoutBytesIsClosedWithFinAndMadeAnew) {
  auto timings = quick();
  timings.silence = milliseconds(60);
  start(timings);
  linac_.accept();
  linac_.send(linac_frame(0));
  EXPECT_EQ(linac_.wait_for_end(), "fin");
  linac_.accept();
  linac_.send(linac_frame(1));
  EXPECT_TRUE(received(2));
  stop();
  EXPECT_EQ(spooled().stream, linac_frames(0, 1));
  EXPECT_EQ(spooled().ends.front(), "no bytes for too long");
}

TEST_F(Listening, TheLastFrameBeforeAPauseIsInTheSpoolBeforeTheNextComes) {
  start();
  linac_.accept();
  linac_.send(linac_frame(0));
  EXPECT_TRUE(eventually([&] { return spooled().frames == 1; }));
}

TEST_F(Listening, ReadingGoesOnWhileTheDiskStallsAndNothingIsLost) {
  start();
  linac_.accept();
  linac_.send(linac_frame(0));
  EXPECT_TRUE(eventually([&] { return spooled().frames == 1; }));
  files_.hold_appends(true);
  linac_.send(linac_frame(1));
  EXPECT_TRUE(eventually([&] { return files_.appends_held() > 0; }));
  linac_.send(linac_frames(2, 200));
  EXPECT_TRUE(received(201)) << "all is read while nothing is written";
  EXPECT_GT(status().queue.bytes, 0U);
  files_.hold_appends(false);
  EXPECT_TRUE(eventually([&] { return spooled().frames == 201; }));
  stop();
  EXPECT_EQ(spooled().stream, linac_frames(0, 200));
  EXPECT_EQ(spooled().frames_in_holes, 0U);
}

TEST_F(Listening, ASyncThatStallsHoldsUpNeitherReadingNorWriting) {
  start();
  linac_.accept();
  linac_.send(linac_frame(0));
  EXPECT_TRUE(eventually([&] { return spooled().frames == 1; }));
  files_.hold_syncs(true);
  linac_.send(linac_frame(1));
  EXPECT_TRUE(eventually([&] { return files_.syncs_held() > 0; }));
  linac_.send(linac_frames(2, 200));
  EXPECT_TRUE(eventually([&] { return spooled().frames == 201; })) << "written, not yet synced";
  EXPECT_GT(files_.syncs_held(), 0U);
  files_.hold_syncs(false);
  stop();
  EXPECT_EQ(spooled().stream, linac_frames(0, 200));
}

TEST_F(Listening, AStallBeyondTheQueueCostsFramesWithoutAPatientAndTellsHowMany) {
  start();
  linac_.accept();
  files_.hold_appends(true);
  EXPECT_TRUE(eventually([&] { return files_.appends_held() > 0; }));
  const auto patients = linac_frames(0, 99, true);
  linac_.send(patients);
  EXPECT_TRUE(received(100));
  const auto nobody = linac_frames(100, 199, false);
  std::uint64_t frames = 100;
  while (status().queue.dropped_frames == 0) {
    linac_.send(nobody);
    frames += 100;
    ASSERT_TRUE(received(frames));
  }
  files_.hold_appends(false);
  stop();
  const auto found = spooled();
  EXPECT_EQ(found.frames + found.frames_in_holes, frames);
  EXPECT_EQ(Bytes(found.stream).first(patients.size()).size(), patients.size());
  EXPECT_TRUE(std::equal(patients.begin(), patients.end(), found.stream.begin()));
}

TEST_F(Listening, EntriesThatTheSpoolRefusesAreOfferedAgain) {
  start();
  linac_.accept();
  linac_.send(linac_frame(0));
  EXPECT_TRUE(eventually([&] { return spooled().frames == 1; }));
  files_.set_capacity(0);
  linac_.send(linac_frames(1, 20));
  EXPECT_TRUE(received(21));
  EXPECT_TRUE(eventually([&] { return status().spool.failed_writes > 0; }));
  files_.set_capacity(std::nullopt);
  EXPECT_TRUE(eventually([&] { return spooled().frames == 21; }));
  stop();
  EXPECT_EQ(spooled().stream, linac_frames(0, 20));
}

TEST_F(Listening, TheStatusFileTellsWhatIsAndEndsDisconnected) {
  const auto file = [this]() -> std::optional<ListenerStatus> {
    const auto path = kSpool / "4299" / kListenerStatusFile;
    std::uint64_t size = 0;
    if (files_.file_size(path, size)) return std::nullopt;  // not written yet
    const auto bytes = files_.content(path);
    return listener_status_from_json(as_text(bytes));
  };
  start();
  linac_.accept();
  linac_.send(linac_frames(0, 4));
  EXPECT_TRUE(received(5));
  EXPECT_TRUE(eventually([&] {
    const auto status = file();
    return status && status->stream.framer.frames == 5;
  }));
  EXPECT_TRUE(file()->stream.connected);
  EXPECT_EQ(file()->serial, "4299");
  EXPECT_EQ(file()->address, linac_.address().text());
  stop();
  EXPECT_FALSE(file()->stream.connected);
}

}  // namespace
}  // namespace icom::listen
