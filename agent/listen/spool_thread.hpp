// Takes entries from the queue and appends them to the spool, on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "agent/listen/entry_queue.hpp"
#include "agent/listen/given_up.hpp"
#include "agent/listen/listener_timings.hpp"
#include "agent/listen/sync_thread.hpp"
#include "agent/spool/spool_writer.hpp"
#include "common/log/rate_limit.hpp"

namespace icom::listen {

/// Ends when the queue is closed and empty. Where the spool refuses entries they are kept and
/// offered again; meanwhile the queue fills and drops by its rule. Entries that it refuses once the
/// queue is closed are left, with all that follow.
class SpoolThread {
 public:
  /// All must outlive it. `write_status` is called on this thread: soon after the start, at the
  /// end, after each entry that tells of a change, and otherwise each `timings.status`. False:
  /// there is nothing to tell yet, and it is called again soon.
  SpoolThread(EntryQueue& queue, spool::SpoolWriter& writer, SyncThread& sync,
              const ListenerTimings& timings, std::function<bool()> write_status);
  ~SpoolThread();
  SpoolThread(const SpoolThread&) = delete;
  SpoolThread& operator=(const SpoolThread&) = delete;

  /// Waits for its end. Precondition: EntryQueue::close() was called.
  void join();
  /// After join(): what the spool has not taken, in its order.
  std::vector<QueuedEntry> take_left() { return std::move(left_); }

  /// "the spool takes no entries, 83 wait: No space left on device"; empty unless it refused the
  /// last that it was offered. From any thread.
  [[nodiscard]] std::string refusal() const;
  /// The same as Hole::reason has it.
  [[nodiscard]] const char* refused_for() const;

 private:
  void run();
  bool append_all(std::vector<QueuedEntry>& batch);
  bool refused(std::error_code error, std::size_t left);
  void leave(std::vector<QueuedEntry>& batch, std::size_t from);
  void note_refusal(std::error_code error, std::size_t left);
  void tell_given_up();
  void write_status_if_due(bool change);

  EntryQueue& queue_;
  spool::SpoolWriter& writer_;
  SyncThread& sync_;
  const ListenerTimings timings_;
  const std::function<bool()> write_status_;
  std::chrono::steady_clock::time_point status_written_;
  std::vector<spool::Entry> entries_;  ///< kept from batch to batch for its memory
  std::vector<QueuedEntry> left_;
  bool tried_last_ = false;  ///< since the queue is closed
  log::RateLimit failure_lines_;
  GivenUpLines given_up_lines_;
  mutable std::mutex refusal_mutex_;
  std::error_code refusal_;  ///< none: the spool takes what it is offered
  std::size_t refused_ = 0;  ///< entries beside those in the queue
  std::thread thread_;
};

}  // namespace icom::listen
