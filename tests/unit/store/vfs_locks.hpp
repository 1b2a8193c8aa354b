// The locks and the shared memory of one database file, as SQLite's documentation of
// sqlite3_io_methods wants them, for connections within one process.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <vector>

namespace icom::test {

/// SQLITE_LOCK_NONE to SQLITE_LOCK_EXCLUSIVE, by holder. Not thread-safe.
class FileLocks {
 public:
  int take(const void* holder, int level) {
    const int others = most_of_others(holder);
    if (level == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING) return SQLITE_BUSY;
    if (level >= SQLITE_LOCK_RESERVED && others >= SQLITE_LOCK_RESERVED) return SQLITE_BUSY;
    if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
      held_[holder] = SQLITE_LOCK_PENDING;
      return SQLITE_BUSY;
    }
    int& held = held_[holder];
    held = std::max(held, level);
    return SQLITE_OK;
  }
  void lower(const void* holder, int level) {
    if (level == SQLITE_LOCK_NONE) {
      held_.erase(holder);
    } else {
      held_[holder] = level;
    }
  }
  [[nodiscard]] bool is_reserved() const { return most_of_others(nullptr) >= SQLITE_LOCK_RESERVED; }

 private:
  [[nodiscard]] int most_of_others(const void* holder) const {
    int most = SQLITE_LOCK_NONE;
    for (const auto& [other, level] : held_) {
      if (other != holder) most = std::max(most, level);
    }
    return most;
  }
  std::map<const void*, int> held_;
};

/// The WAL's index. Goes with its last user. Not thread-safe, but for the memory itself, which
/// SQLite guards.
class WalIndex {
 public:
  /// Null if it is not there and is not to be made.
  volatile void* region(const void* user, std::size_t index, std::size_t bytes, bool make) {
    if (index >= regions_.size() && !make) return nullptr;
    users_.try_emplace(user);
    while (regions_.size() <= index) regions_.push_back(std::make_unique<std::byte[]>(bytes));
    return regions_[index].get();
  }
  /// SQLITE_BUSY if another holds one of these.
  int take(const void* user, int first, int count, bool exclusive) {
    for (const auto& [other, locks] : users_) {
      for (int i = first; other != user && i < first + count; ++i) {
        const Lock held = locks.at(static_cast<std::size_t>(i));
        if (held == Lock::exclusive || (exclusive && held == Lock::shared)) return SQLITE_BUSY;
      }
    }
    set(user, first, count, exclusive ? Lock::exclusive : Lock::shared);
    return SQLITE_OK;
  }
  void let_go(const void* user, int first, int count) { set(user, first, count, Lock::none); }
  void leave(const void* user) {
    users_.erase(user);
    if (users_.empty()) regions_.clear();
  }

 private:
  enum class Lock { none, shared, exclusive };
  using Locks = std::array<Lock, SQLITE_SHM_NLOCK>;
  void set(const void* user, int first, int count, Lock lock) {
    for (int i = first; i < first + count; ++i) users_[user].at(static_cast<std::size_t>(i)) = lock;
  }
  std::map<const void*, Locks> users_;
  std::vector<std::unique_ptr<std::byte[]>> regions_;
};

}  // namespace icom::test
