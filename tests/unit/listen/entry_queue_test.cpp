#include "agent/listen/entry_queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace icom::listen {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kFrame = 100 - EntryQueue::kEntryCost;  // each costs 100

QueuedEntry frame(std::int64_t number, bool has_patient) {
  return {.kind = EntryKind::frame,
          .received_us = number,
          .has_patient = has_patient,
          .bytes = ByteVector(kFrame)};
}

/// What is in the queue now, by the number that frame() was given.
std::vector<std::int64_t> take_numbers(EntryQueue& queue) {
  std::vector<std::int64_t> numbers;
  std::vector<QueuedEntry> batch;
  while (queue.take(batch, 1'000'000, milliseconds(0)) == EntryQueue::Taken::entries) {
    for (const auto& entry : batch) {
      if (entry.kind != EntryKind::hole) numbers.push_back(entry.received_us);
    }
  }
  return numbers;
}

Hole take_hole(EntryQueue& queue) {
  std::vector<QueuedEntry> batch;
  EXPECT_EQ(queue.take(batch, 1, milliseconds(0)), EntryQueue::Taken::entries);
  EXPECT_EQ(batch.front().kind, EntryKind::hole);
  return decode_hole(batch.front().bytes);
}

TEST(EntryQueue, GivesEntriesInTheirOrder) {
  EntryQueue queue;
  for (int i = 1; i <= 5; ++i) queue.push(frame(i, false));
  EXPECT_EQ(take_numbers(queue), (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(queue.counts().bytes, 0U);
  EXPECT_EQ(queue.counts().peak_bytes, 500U);
}

TEST(EntryQueue, ABatchIsBoundedButNeverEmpty) {
  EntryQueue queue;
  for (int i = 1; i <= 5; ++i) queue.push(frame(i, false));
  std::vector<QueuedEntry> batch;
  EXPECT_EQ(queue.take(batch, 250, milliseconds(0)), EntryQueue::Taken::entries);
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_EQ(queue.take(batch, 1, milliseconds(0)), EntryQueue::Taken::entries);
  EXPECT_EQ(batch.size(), 1U);
}

TEST(EntryQueue, FullItDropsTheOldestWithoutAPatientAndTellsSo) {
  EntryQueue queue(500);
  queue.push(frame(1, true));
  queue.push(frame(2, false));
  queue.push(frame(3, true));
  queue.push(frame(4, false));
  queue.push(frame(5, false));
  queue.push(frame(6, true));
  queue.push(frame(7, true));
  EXPECT_EQ(queue.counts().dropped_frames, 2U);
  EXPECT_EQ(queue.counts().dropped_frames_with_patient, 0U);
  const Hole hole = take_hole(queue);
  EXPECT_EQ(hole.frames, 2U);
  EXPECT_EQ(hole.frames_with_patient, 0U);
  EXPECT_EQ(hole.reason, "queue_full");
  EXPECT_EQ(take_numbers(queue), (std::vector<std::int64_t>{3, 5, 6, 7})) << "1 came with the hole";
}

TEST(EntryQueue, WhereAllHaveAPatientTheOldestGo) {
  EntryQueue queue(300);
  for (int i = 1; i <= 5; ++i) queue.push(frame(i, true));
  EXPECT_EQ(queue.counts().dropped_frames_with_patient, 2U);
  EXPECT_EQ(take_hole(queue).frames_with_patient, 2U);
  EXPECT_EQ(take_numbers(queue), (std::vector<std::int64_t>{4, 5}));
}

TEST(EntryQueue, ConnectsAndDisconnectsStayBesideFramesThatGo) {
  EntryQueue queue(300);
  queue.push({.kind = EntryKind::connected, .received_us = 1, .has_patient = false, .bytes = {}});
  for (int i = 2; i <= 6; ++i) queue.push(frame(i, false));
  std::vector<QueuedEntry> batch;
  queue.take(batch, 1'000, milliseconds(0));
  ASSERT_GE(batch.size(), 2U);
  EXPECT_EQ(batch[0].kind, EntryKind::hole);
  EXPECT_EQ(batch[1].kind, EntryKind::connected);
}

TEST(EntryQueue, IsNeverFullerThanItsBound) {
  EntryQueue queue(1'000);
  for (int i = 0; i < 1'000; ++i) {
    queue.push(frame(i, i % 3 == 0));
    EXPECT_LE(queue.counts().bytes, 1'000U);
  }
  EXPECT_EQ(queue.counts().dropped_frames, 990U);
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
