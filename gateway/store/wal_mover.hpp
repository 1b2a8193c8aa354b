// Moves the WAL into the database file beside the writer. docs/storage.md, "One commit".
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "common/log/rate_limit.hpp"

namespace icom::store {

/// Has a thread and a connection of its own, since SQLite lets one connection move what another
/// goes on writing behind. What is written meanwhile is left; only a move that finds the end lets
/// the WAL begin anew, and who writes all the time has to make that last, short one itself. For one
/// thread.
class WalMover {
 public:
  /// Opens the database with the first move.
  explicit WalMover(std::filesystem::path database);
  /// Waits for the move that is under way.
  ~WalMover();
  WalMover(const WalMover&) = delete;
  WalMover& operator=(const WalMover&) = delete;

  /// Begins a move, unless one is under way. What fails is logged. Does not wait.
  void ask();
  /// True once after each move, however it ended.
  bool has_moved();
  /// Waits for the move that is under way: a few tenths of a second for the largest WAL.
  void wait();

 private:
  void run();
  void warn(const char* what) noexcept;

  const std::filesystem::path database_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool asked_ = false;  // until it is done
  bool moved_ = false;
  bool stop_ = false;
  log::RateLimit warnings_;  // of the thread
  std::thread thread_;       // last: it uses everything above
};

}  // namespace icom::store
