// Makes what is in the spool survive a power cut, on a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "agent/spool/spool_writer.hpp"
#include "common/log/rate_limit.hpp"

namespace icom::listen {

/// Syncs while there is something unsynced, at most once an interval; writing never waits for it.
/// Thread-safe.
class SyncThread {
 public:
  /// `writer` must outlive it.
  SyncThread(spool::SpoolWriter& writer, std::chrono::milliseconds interval);
  ~SyncThread();
  SyncThread(const SyncThread&) = delete;
  SyncThread& operator=(const SyncThread&) = delete;

  /// Something was appended.
  void note_appended();
  /// Syncs what is unsynced, and ends. Returns when that is done.
  void stop();

  [[nodiscard]] std::uint64_t failed() const { return failed_; }

 private:
  void run();
  void sync();

  spool::SpoolWriter& writer_;
  const std::chrono::milliseconds interval_;
  log::RateLimit failure_lines_;
  std::atomic<std::uint64_t> failed_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool unsynced_ = true;  ///< the segment that the writer began
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace icom::listen
