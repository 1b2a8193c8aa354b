#include "gateway/store/wal_mover.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "gateway/store/sqlite.hpp"

namespace icom::store {

WalMover::WalMover(std::filesystem::path database)
    : database_(std::move(database)),
      warnings_(1, std::chrono::minutes(1)),
      thread_([this] { run(); }) {}

WalMover::~WalMover() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void WalMover::ask() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  changed_.notify_all();
}

bool WalMover::has_moved() {
  const std::lock_guard lock(mutex_);
  return std::exchange(moved_, false);
}

void WalMover::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !asked_; });
}

void WalMover::warn(const char* what) noexcept {
  try {
    if (const auto unsaid = warnings_.admit(std::chrono::steady_clock::now())) {
      spdlog::error(
          "the store could not move its log into the database: {} ({} like this not logged)", what,
          *unsaid);
    }
  } catch (...) {
    // A log that cannot be written must not end the store.
  }
}

void WalMover::run() {
  std::unique_ptr<Database> connection;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return asked_ || stop_; });
    if (stop_) {
      return;
    }
    lock.unlock();
    try {
      if (!connection) {
        connection = std::make_unique<Database>(database_, Database::Access::existing);
        // A connection that has read nothing does not know that there is a WAL, and moves nothing.
        connection->execute("PRAGMA user_version");
      }
      connection->checkpoint();
    } catch (const std::exception& error) {
      warn(error.what());
    }
    lock.lock();
    asked_ = false;
    moved_ = true;
    changed_.notify_all();
  }
}

}  // namespace icom::store
