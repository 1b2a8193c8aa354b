// Between whoever submits and the writer's thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "gateway/store/store.hpp"

namespace icom::store {

/// What the writer's thread is to do next: small errands first, then batches in the order of their
/// submission.
struct WriterWork {
  std::vector<std::function<void()>> errands;
  std::vector<IncomingBatch> batches;
  bool stop = false;  ///< nothing more will come

  [[nodiscard]] bool empty() const { return errands.empty() && batches.empty(); }
};

/// Bounded by the bytes of the batches that are queued or being committed. Thread-safe.
class BatchQueue {
 public:
  explicit BatchQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// False if full. A batch larger than the bound is taken when it is alone: it would never fit
  /// otherwise.
  bool push(IncomingBatch&& batch);
  void push(std::function<void()> errand);
  void stop();

  /// Waits for work, at most this long; empty() then. Takes no more than about `group_bytes` of
  /// batches.
  WriterWork pop(std::size_t group_bytes, std::chrono::milliseconds longest);
  /// A popped batch of this size is done.
  void release(std::size_t bytes);

  static std::size_t size_of(const IncomingBatch& batch);

 private:
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<std::function<void()>> errands_;
  std::vector<IncomingBatch> batches_;
  std::size_t bytes_ = 0;
  bool stop_ = false;
};

}  // namespace icom::store
