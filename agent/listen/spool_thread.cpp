#include "agent/listen/spool_thread.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <span>
#include <utility>

namespace icom::listen {

namespace {

/// One write's worth; what is taken from the queue no longer counts against its bound.
constexpr std::size_t kBatchBytes = 512 * 1024;
/// Between two tries to write the first status.
constexpr std::chrono::milliseconds kFirstStatus{20};

}  // namespace

SpoolThread::SpoolThread(EntryQueue& queue, spool::SpoolWriter& writer, SyncThread& sync,
                         const ListenerTimings& timings, std::function<bool()> write_status)
    : queue_(queue),
      writer_(writer),
      sync_(sync),
      timings_(timings),
      write_status_(std::move(write_status)),
      failure_lines_(5, std::chrono::minutes(1)),
      thread_([this] { run(); }) {}

SpoolThread::~SpoolThread() {
  queue_.close();
  join();
}

void SpoolThread::join() {
  if (thread_.joinable()) thread_.join();
}

void SpoolThread::run() {
  std::vector<QueuedEntry> batch;
  for (;;) {
    const bool first = status_written_ == std::chrono::steady_clock::time_point{};
    const auto taken = queue_.take(batch, kBatchBytes, first ? kFirstStatus : timings_.status);
    if (taken == EntryQueue::Taken::closed) break;
    const bool kept = append_all(batch);
    if (!kept) break;
    write_status_if_due(std::any_of(batch.begin(), batch.end(), [](const QueuedEntry& entry) {
      return entry.kind == EntryKind::connected || entry.kind == EntryKind::disconnected;
    }));
  }
  write_status_if_due(true);
}

/// False: some are left, and the queue is closed.
bool SpoolThread::append_all(std::vector<QueuedEntry>& batch) {
  entries_.clear();
  for (const auto& queued : batch) {
    spool::Entry entry;
    entry.kind = queued.kind;
    entry.received_us = queued.received_us;
    entry.has_patient = queued.has_patient;
    entry.bytes = queued.bytes;
    entries_.push_back(entry);
  }
  std::span<const spool::Entry> left(entries_);
  while (!left.empty()) {
    std::size_t appended = 0;
    const auto error = writer_.append(left, appended);
    left = left.subspan(appended);
    if (appended > 0) sync_.note_appended();
    tell_given_up();
    const bool goes_on = !error || refused(error, left.size());
    if (goes_on) continue;
    leave(batch, batch.size() - left.size());
    return false;
  }
  note_refusal({}, 0);
  return true;
}

/// True: to be tried again.
bool SpoolThread::refused(std::error_code error, std::size_t left) {
  if (failure_lines_.admit(log::RateLimit::Clock::now())) {
    spdlog::error("the spool takes no entries, {} wait here: {}", left, error.message());
  }
  note_refusal(error, left);
  write_status_if_due(false);
  if (!queue_.wait_closed(timings_.append_retry)) return true;
  // We are to end: once more, and the disk has had its chances.
  return !std::exchange(tried_last_, true);
}

void SpoolThread::tell_given_up() {
  const auto so_far = given_up_by(writer_.counts());
  if (!given_up_lines_.admit(so_far, GivenUpLines::Clock::now())) return;
  spdlog::error("the spool is at its bound, or its disk full: the oldest is given up, so far {}",
                text_of(so_far));
}

void SpoolThread::leave(std::vector<QueuedEntry>& batch, std::size_t from) {
  const auto move_from = [this](std::vector<QueuedEntry>& entries, std::size_t first) {
    std::move(entries.begin() + static_cast<std::ptrdiff_t>(first), entries.end(),
              std::back_inserter(left_));
  };
  move_from(batch, from);
  while (queue_.take(batch, kBatchBytes, {}) == EntryQueue::Taken::entries) move_from(batch, 0);
}

void SpoolThread::note_refusal(std::error_code error, std::size_t left) {
  const std::lock_guard lock(refusal_mutex_);
  refusal_ = error;
  refused_ = left;
}

std::string SpoolThread::refusal() const {
  const std::lock_guard lock(refusal_mutex_);
  if (!refusal_) return {};
  return "the spool takes no entries, " + std::to_string(refused_ + queue_.counts().entries) +
         " wait: " + refusal_.message();
}

const char* SpoolThread::refused_for() const {
  const std::lock_guard lock(refusal_mutex_);
  return os::means_full(refusal_) ? "disk_full" : "disk_failed";
}

void SpoolThread::write_status_if_due(bool change) {
  const auto now = std::chrono::steady_clock::now();
  if (!change && now - status_written_ < timings_.status) return;
  if (write_status_()) status_written_ = now;
}

}  // namespace icom::listen
