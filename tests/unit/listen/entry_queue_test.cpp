#include "agent/listen/entry_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace icom::listen {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kCost = 1'000;  ///< of each frame
constexpr std::size_t kHoles = 300;   ///< room for some hole entries

QueuedEntry frame(std::int64_t number, bool has_patient) {
  return {.kind = EntryKind::frame,
          .received_us = number,
          .has_patient = has_patient,
          .bytes = ByteVector(kCost - EntryQueue::kEntryCost)};
}

std::vector<QueuedEntry> take_all(EntryQueue& queue) {
  std::vector<QueuedEntry> all;
  std::vector<QueuedEntry> batch;
  while (queue.take(batch, 1'000'000, milliseconds(0)) == EntryQueue::Taken::entries) {
    std::move(batch.begin(), batch.end(), std::back_inserter(all));
  }
  return all;
}

/// The numbers that frame() was given, and of holes [frames frames-with-patient].
std::string told(const std::vector<QueuedEntry>& entries) {
  std::string text;
  for (const auto& entry : entries) {
    text += text.empty() ? "" : " ";
    if (entry.kind == EntryKind::hole) {
      const Hole hole = decode_hole(entry.bytes);
      EXPECT_EQ(hole.reason, "queue_full");
      text +=
          "[" + std::to_string(hole.frames) + " " + std::to_string(hole.frames_with_patient) + "]";
    } else {
      text += std::to_string(entry.received_us);
    }
  }
  return text;
}

TEST(EntryQueue, GivesEntriesInTheirOrder) {
  EntryQueue queue;
  for (int i = 1; i <= 5; ++i) queue.push(frame(i, false));
  EXPECT_EQ(told(take_all(queue)), "1 2 3 4 5");
  EXPECT_EQ(queue.counts().bytes, 0U);
  EXPECT_EQ(queue.counts().peak_bytes, 5 * kCost);
}

TEST(EntryQueue, ABatchIsBoundedButNeverEmpty) {
  EntryQueue queue;
  for (int i = 1; i <= 5; ++i) queue.push(frame(i, false));
  std::vector<QueuedEntry> batch;
  EXPECT_EQ(queue.take(batch, 5 * kCost / 2, milliseconds(0)), EntryQueue::Taken::entries);
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_EQ(queue.take(batch, 1, milliseconds(0)), EntryQueue::Taken::entries);
  EXPECT_EQ(batch.size(), 1U);
}

TEST(EntryQueue, FullItDropsTheOldestWithoutAPatientAndTellsSoWhereTheyStood) {
  EntryQueue queue(5 * kCost + kHoles);
  queue.push(frame(1, true));
  queue.push(frame(2, false));
  queue.push(frame(3, true));
  queue.push(frame(4, false));
  queue.push(frame(5, false));
  queue.push(frame(6, true));
  queue.push(frame(7, true));
  queue.push(frame(8, true));
  EXPECT_EQ(queue.counts().dropped_frames, 3U);
  EXPECT_EQ(queue.counts().dropped_frames_with_patient, 0U);
  EXPECT_EQ(told(take_all(queue)), "1 [1 0] 3 [2 0] 6 7 8");
}

TEST(EntryQueue, WhereAllHaveAPatientTheOldestGo) {
  EntryQueue queue(3 * kCost + kHoles);
  for (int i = 1; i <= 5; ++i) queue.push(frame(i, true));
  EXPECT_EQ(queue.counts().dropped_frames_with_patient, 2U);
  EXPECT_EQ(told(take_all(queue)), "[2 2] 3 4 5");
}

TEST(EntryQueue, HolesThatMeetBecomeOne) {
  EntryQueue queue(2 * kCost + kHoles);
  for (int i = 1; i <= 9; ++i) queue.push(frame(i, i % 2 == 0));
  EXPECT_EQ(told(take_all(queue)), "[7 3] 8 9");
}

TEST(EntryQueue, ConnectsAndDisconnectsStayBesideFramesThatGo) {
  EntryQueue queue(3 * kCost + kHoles);
  queue.push({.kind = EntryKind::connected, .received_us = 1, .has_patient = false, .bytes = {}});
  for (int i = 2; i <= 6; ++i) queue.push(frame(i, false));
  const auto entries = take_all(queue);
  EXPECT_EQ(entries.front().kind, EntryKind::connected);
  EXPECT_EQ(told(entries), "1 [2 0] 4 5 6");
}

TEST(EntryQueue, IsNeverFullerThanItsBound) {
  constexpr std::size_t kBound = 10 * kCost;
  EntryQueue queue(kBound);
  for (int i = 0; i < 1'000; ++i) {
    queue.push(frame(i, i % 3 == 0));
    EXPECT_LE(queue.counts().bytes, kBound);
  }
  const auto dropped = queue.counts().dropped_frames;
  std::uint64_t there = 0;
  std::uint64_t told = 0;
  for (const auto& entry : take_all(queue)) {
    if (entry.kind == EntryKind::frame) ++there;
    if (entry.kind == EntryKind::hole) told += decode_hole(entry.bytes).frames;
  }
  EXPECT_EQ(there + dropped, 1'000U);
  EXPECT_EQ(told, dropped);
  EXPECT_EQ(queue.counts().bytes, 0U);
}

TEST(EntryQueue, ClosedItGivesTheRestAndThenEnds) {
  EntryQueue queue;
  queue.push(frame(1, false));
  queue.close();
  std::vector<QueuedEntry> batch;
  EXPECT_EQ(queue.take(batch, 1'000, milliseconds(0)), EntryQueue::Taken::entries);
  EXPECT_EQ(queue.take(batch, 1'000, milliseconds(0)), EntryQueue::Taken::closed);
  EXPECT_TRUE(batch.empty());
}

TEST(EntryQueue, EmptyItWaitsForWhatComesOrForTheClose) {
  EntryQueue queue;
  std::vector<QueuedEntry> batch;
  EXPECT_EQ(queue.take(batch, 1'000, milliseconds(1)), EntryQueue::Taken::nothing_yet);
  std::thread other([&] { queue.push(frame(1, false)); });
  EXPECT_EQ(queue.take(batch, 1'000, milliseconds(20'000)), EntryQueue::Taken::entries);
  other.join();
  std::thread closer([&] { queue.close(); });
  EXPECT_TRUE(queue.wait_closed(milliseconds(20'000)));
  closer.join();
}

}  // namespace
}  // namespace icom::listen
