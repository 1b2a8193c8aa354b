#include "gateway/store/batch_queue.hpp"

#include <iterator>
#include <utility>

namespace icom::store {

std::size_t BatchQueue::size_of(const IncomingBatch& batch) {
  return batch.arena.size() + batch.entries.size() * sizeof(IncomingEntry);
}

bool BatchQueue::push(IncomingBatch&& batch) {
  const std::size_t size = size_of(batch);
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || (bytes_ > 0 && bytes_ + size > max_bytes_)) {
      return false;
    }
    bytes_ += size;
    batches_.push_back(std::move(batch));
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

WriterWork BatchQueue::pop(std::size_t group_bytes, std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  ready_.wait_for(lock, longest,
                  [this] { return stop_ || !errands_.empty() || !batches_.empty(); });
  WriterWork work;
  work.errands = std::exchange(errands_, {});
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < batches_.size() && (count == 0 || bytes < group_bytes);
       ++count) {
    bytes += size_of(batches_[count]);
  }
  const auto end = batches_.begin() + static_cast<std::ptrdiff_t>(count);
  work.batches.assign(std::make_move_iterator(batches_.begin()), std::make_move_iterator(end));
  batches_.erase(batches_.begin(), end);
  work.stop = stop_ && batches_.empty();
  return work;
}

void BatchQueue::release(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ -= bytes;
}

}  // namespace icom::store
