#include "agent/listen/sync_thread.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace icom::listen {

SyncThread::SyncThread(spool::SpoolWriter& writer, std::chrono::milliseconds interval)
    : writer_(writer),
      interval_(interval),
      failure_lines_(5, std::chrono::minutes(1)),
      thread_([this] { run(); }) {}

SyncThread::~SyncThread() {
  stop();
}

void SyncThread::note_appended() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(unsynced_, true)) return;
  }
  changed_.notify_one();
}

void SyncThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void SyncThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return unsynced_ || stopping_; });
    if (!std::exchange(unsynced_, false)) return;
    lock.unlock();
    sync();
    lock.lock();
    changed_.wait_for(lock, interval_, [this] { return stopping_; });
  }
}

void SyncThread::sync() {
  const auto error = writer_.sync();
  if (!error) return;
  ++failed_;
  if (failure_lines_.admit(log::RateLimit::Clock::now())) {
    spdlog::error("the spool cannot be synced, a power cut may cost frames: {}", error.message());
  }
  const std::lock_guard lock(mutex_);
  // Once more, but not for ever while we are to end.
  unsynced_ = !stopping_;
}

}  // namespace icom::listen
