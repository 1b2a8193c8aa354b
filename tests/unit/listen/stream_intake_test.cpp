#include "agent/listen/stream_intake.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>

#include "tests/unit/listen/fake_linac.hpp"

namespace icom::listen {
namespace {

class Intake : public ::testing::Test {
 protected:
  Intake() { spdlog::set_level(spdlog::level::off); }

  void receive(Bytes bytes) {
    while (!bytes.empty()) {
      const auto room = intake_.room();
      const auto count = std::min(room.size(), bytes.size());
      std::copy_n(bytes.begin(), count, room.begin());
      intake_.received(count);
      bytes = bytes.subspan(count);
    }
  }

  std::vector<QueuedEntry> take() {
    std::vector<QueuedEntry> all;
    std::vector<QueuedEntry> batch;
    while (queue_.take(batch, 1 << 20, std::chrono::milliseconds(0)) ==
           EntryQueue::Taken::entries) {
      std::move(batch.begin(), batch.end(), std::back_inserter(all));
    }
    return all;
  }

  /// The bytes of the stream that are in entries.
  static ByteVector stream_of(const std::vector<QueuedEntry>& entries) {
    ByteVector bytes;
    for (const auto& entry : entries) {
      if (entry.kind == EntryKind::frame || entry.kind == EntryKind::junk) {
        append(bytes, entry.bytes);
      }
    }
    return bytes;
  }

  std::int64_t now_ = 1'000;
  EntryQueue queue_;
  StatusBoard board_;
  StreamIntake intake_{queue_, board_, [this] { return now_; }};
};

TEST_F(Intake, EveryByteIsInAnEntryHoweverTheStreamIsCut) {
  auto stream = linac_frames(0, 9);
  append(stream, as_bytes("what belongs to no frame"));
  for (std::size_t piece = 1; piece < 700; piece = piece * 2 + 1) {
    SCOPED_TRACE(piece);
    intake_.connected();
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      receive(Bytes(stream).subspan(at, std::min(piece, stream.size() - at)));
    }
    intake_.disconnected("closed by the Linac");
    const auto entries = take();
    EXPECT_EQ(entries.front().kind, EntryKind::connected);
    EXPECT_EQ(entries.back().kind, EntryKind::disconnected);
    EXPECT_EQ(as_text(entries.back().bytes), "closed by the Linac");
    EXPECT_EQ(stream_of(entries), stream);
  }
}

TEST_F(Intake, AFrameIsMarkedAsAPatientsOrNobodys) {
  intake_.connected();
  receive(linac_frame(1, true));
  receive(linac_frame(2, false));
  intake_.paused();
  const auto entries = take();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_TRUE(entries[1].has_patient);
  EXPECT_FALSE(entries[2].has_patient);
}

TEST_F(Intake, AFrameIsStampedWithItsOwnLastByteNotWithTheNextFrames) {
  intake_.connected();
  const auto first = linac_frame(1);
  now_ = 2'000;
  receive(Bytes(first).first(100));
  now_ = 3'000;
  receive(Bytes(first).subspan(100));
  now_ = 4'000;
  receive(linac_frame(2));
  now_ = 5'000;
  intake_.paused();
  const auto entries = take();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].received_us, 3'000);
  EXPECT_EQ(entries[2].received_us, 4'000);
}

TEST_F(Intake, ALastFrameIsNotHeldBackOnceTheStreamPauses) {
  intake_.connected();
  receive(linac_frame(1));
  EXPECT_EQ(take().size(), 1U);
  intake_.paused();
  const auto entries = take();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].bytes, linac_frame(1));
}

TEST_F(Intake, WhatIsLeftOfAFrameWhenTheConnectionEndsIsJunk) {
  intake_.connected();
  receive(Bytes(linac_frame(1)).first(60));
  intake_.disconnected("reset");
  const auto entries = take();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].kind, EntryKind::junk);
  EXPECT_EQ(entries[1].bytes.size(), 60U);
}

TEST_F(Intake, ANewConnectionBeginsANewFrame) {
  intake_.connected();
  receive(Bytes(linac_frame(1)).first(60));
  intake_.disconnected("reset");
  intake_.connected();
  receive(linac_frames(2, 3));
  intake_.paused();
  auto entries = take();
  EXPECT_EQ(entries.size(), 6U);
  EXPECT_EQ(entries.back().bytes, linac_frame(3));
}

TEST_F(Intake, TheBoardTellsWhatTheStreamDoes) {
  EXPECT_FALSE(board_.read().connected);
  intake_.connect_failed("Connection refused");
  EXPECT_EQ(board_.read().last_failure, "Connection refused");
  now_ = 2'000;
  intake_.connected();
  now_ = 3'000;
  receive(linac_frame(1));
  receive(linac_frame(5));
  intake_.paused();
  const auto status = board_.read();
  EXPECT_TRUE(status.connected);
  EXPECT_EQ(status.since_us, 2'000);
  EXPECT_EQ(status.connections, 1U);
  EXPECT_EQ(status.framer.frames, 2U);
  EXPECT_EQ(status.last_frame_us, 3'000);
  EXPECT_EQ(status.counter.gaps, 1U);
  EXPECT_EQ(status.counter.missing_frames, 3U);
  EXPECT_EQ(status.bytes, linac_frame(1).size() + linac_frame(5).size());
}

TEST_F(Intake, AConnectionWhoseListenerDiedBeginsWithBothWordsAndLosesNoByteOfWhatComes) {
  const auto frame = linac_frame(0);
  for (std::size_t from = 0; from < frame.size(); ++from) {
    SCOPED_TRACE(from);
    StreamIntake next(queue_, board_, [this] { return now_; });
    next.inherit();
    ByteVector stream(frame.begin() + static_cast<long>(from), frame.end());
    append(stream, linac_frames(1, 3));
    const auto room = next.room();
    ASSERT_GE(room.size(), stream.size());
    std::copy(stream.begin(), stream.end(), room.begin());
    next.received(stream.size());
    next.disconnected("over");
    const auto entries = take();
    ASSERT_GE(entries.size(), 6U);
    EXPECT_EQ(entries[0].kind, EntryKind::disconnected);
    EXPECT_EQ(entries[1].kind, EntryKind::connected);
    EXPECT_EQ(stream_of(entries), stream);
    const auto is_frame = [](const QueuedEntry& entry) { return entry.kind == EntryKind::frame; };
    EXPECT_EQ(std::count_if(entries.begin(), entries.end(), is_frame), from == 0 ? 4 : 3);
    EXPECT_EQ(board_.read().counter.gaps, 0U);
  }
}

}  // namespace
}  // namespace icom::listen
