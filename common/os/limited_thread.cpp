#include "common/os/limited_thread.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "common/os/detached_thread.hpp"

namespace icom::os {

struct LimitedThread::End {
  std::mutex mutex;
  std::condition_variable came;
  bool over = false;
};

void LimitedThread::start(const char* name, std::function<void()> work) {
  auto end = std::make_shared<End>();
  run_detached(name, [end, work = std::move(work)]() mutable {
    work();
    work = nullptr;  // what it holds is gone before anybody is told
    const std::lock_guard lock(end->mutex);
    end->over = true;
    end->came.notify_all();
  });
  end_ = std::move(end);
}

bool LimitedThread::wait_for_end(std::chrono::milliseconds limit) {
  if (!end_) return true;
  std::unique_lock lock(end_->mutex);
  return end_->came.wait_for(lock, limit, [this] { return end_->over; });
}

}  // namespace icom::os
