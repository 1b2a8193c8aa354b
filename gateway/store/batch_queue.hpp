// Between whoever submits and the writer's thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/store/fair_turns.hpp"
#include "gateway/store/store.hpp"

namespace icom::store {

/// What there is to do for the writer's thread: small errands first, then a group of batches.
struct WriterWork {
  std::vector<std::function<void()>> errands;
  bool batches = false;
  bool stopping = false;  ///< nothing more will come
  bool stop = false;      ///< and nothing is left

  [[nodiscard]] bool empty() const { return errands.empty() && !batches; }
};

/// Bounded by the bytes of the batches that are queued or being committed. Thread-safe; but only
/// the writer's thread calls wait(), next(), first_of(), pop(), charge() and release(), and it
/// alone looks into the batches that it gets.
class BatchQueue {
 public:
  explicit BatchQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// The Linac shares the turns of this site from now on.
  void set_site(LinacId linac, const std::string& site);
  /// False if full. A batch larger than the bound is taken when it is alone: it would never fit
  /// otherwise. So is the first batch of a Linac, so that no other one can keep it out.
  bool push(IncomingBatch&& batch);
  void push(std::function<void()> errand);
  void stop();

  /// Waits for work, at most this long; empty() then.
  WriterWork wait(std::chrono::milliseconds longest);
  /// As FairTurns.
  QueuedBatch* next(FairTurns::Prefer prefer = FairTurns::Prefer::least_used);
  QueuedBatch* first_of(LinacId linac);
  std::unique_ptr<QueuedBatch> pop(LinacId linac);
  void charge(LinacId linac, WorkTime time);
  /// A popped batch is done.
  void release(const QueuedBatch& batch);

 private:
  static std::size_t size_of(const IncomingBatch& batch);

  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<std::function<void()>> errands_;
  FairTurns turns_;
  std::unordered_map<LinacId, std::size_t>
      batches_of_;  // not yet released; only where there are any
  std::size_t bytes_ = 0;
  bool stop_ = false;
};

}  // namespace icom::store
