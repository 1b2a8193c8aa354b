#include "agent/listen/spool_thread.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
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
    append_all(batch);
    write_status_if_due(std::any_of(batch.begin(), batch.end(), [](const QueuedEntry& entry) {
      return entry.kind == EntryKind::connected || entry.kind == EntryKind::disconnected;
    }));
  }
  write_status_if_due(true);
}

void SpoolThread::append_all(const std::vector<QueuedEntry>& batch) {
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
    if (error && !refused(error, left.size())) return;
  }
}

/// True: to be tried again.
bool SpoolThread::refused(std::error_code error, std::size_t left) {
  if (failure_lines_.admit(log::RateLimit::Clock::now())) {
    spdlog::error("the spool takes no entries, {} wait here: {}", left, error.message());
  }
  write_status_if_due(false);
  if (!queue_.wait_closed(timings_.append_retry)) return true;
  // We are to end, and the disk had its chances.
  std::size_t appended = 0;
  const auto last = writer_.append(std::span(entries_).last(left), appended);
  if (last) spdlog::error("{} entries are lost: {}", left - appended, last.message());
  return false;
}

void SpoolThread::write_status_if_due(bool change) {
  const auto now = std::chrono::steady_clock::now();
  if (!change && now - status_written_ < timings_.status) return;
  if (write_status_()) status_written_ = now;
}

}  // namespace icom::listen
