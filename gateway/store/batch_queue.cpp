#include "gateway/store/batch_queue.hpp"

#include <utility>

namespace icom::store {

std::size_t BatchQueue::size_of(const IncomingBatch& batch) {
  return batch.arena.size() + batch.entries.size() * sizeof(IncomingEntry);
}

void BatchQueue::set_site(LinacId linac, const std::string& site) {
  const std::lock_guard lock(mutex_);
  turns_.set_site(linac, site);
}

bool BatchQueue::push(IncomingBatch&& batch) {
  const std::size_t size = size_of(batch);
  {
    const std::lock_guard lock(mutex_);
    const bool is_first = !batches_of_.contains(batch.linac);
    if (stop_ || (!is_first && bytes_ + size > max_bytes_)) {
      return false;
    }
    bytes_ += size;
    ++batches_of_[batch.linac];
    auto queued = std::make_unique<QueuedBatch>();
    queued->batch = std::move(batch);
    turns_.push(std::move(queued));
  }
  ready_.notify_one();
  return true;
}

void BatchQueue::push(std::function<void()> errand) {
  {
    const std::lock_guard lock(mutex_);
    errands_.push_back(std::move(errand));
  }
  ready_.notify_one();
}

void BatchQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ready_.notify_one();
}

WriterWork BatchQueue::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  ready_.wait_for(lock, longest, [this] { return stop_ || !errands_.empty() || !turns_.empty(); });
  WriterWork work;
  work.errands = std::exchange(errands_, {});
  work.batches = !turns_.empty();
  work.stopping = stop_;
  work.stop = stop_ && !work.batches;
  return work;
}

QueuedBatch* BatchQueue::next(FairTurns::Prefer prefer) {
  const std::lock_guard lock(mutex_);
  return turns_.next(prefer);
}

QueuedBatch* BatchQueue::first_of(LinacId linac) {
  const std::lock_guard lock(mutex_);
  return turns_.first_of(linac);
}

std::unique_ptr<QueuedBatch> BatchQueue::pop(LinacId linac) {
  const std::lock_guard lock(mutex_);
  return turns_.pop(linac);
}

void BatchQueue::charge(LinacId linac, WorkTime time) {
  const std::lock_guard lock(mutex_);
  turns_.charge(linac, time);
}

void BatchQueue::release(const QueuedBatch& batch) {
  const std::size_t size = size_of(batch.batch);
  const std::lock_guard lock(mutex_);
  bytes_ -= size;
  if (--batches_of_[batch.batch.linac] == 0) {
    batches_of_.erase(batch.batch.linac);
  }
}

}  // namespace icom::store
