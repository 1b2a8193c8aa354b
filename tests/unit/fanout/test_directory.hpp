// A directory service that answers when the test wants it to.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "common/fanout/accounts.hpp"

namespace icom::fanout {

/// From any thread. Whoever still waits at its end gets no answer.
class TestDirectory {
 public:
  TestDirectory() = default;
  ~TestDirectory() { release(); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  [[nodiscard]] AccountDirectory functions() const {
    return {[state = state_](const std::string& name) { return state->number(name); },
            [state = state_](os::UserId user) { return state->name(user); }};
  }
  void add(const std::string& name, os::UserId user) {
    const std::lock_guard lock(state_->mutex);
    state_->accounts[name] = user;
  }
  void remove(const std::string& name) {
    const std::lock_guard lock(state_->mutex);
    state_->accounts.erase(name);
  }
  /// It cannot say anything.
  void fail(bool fails) {
    const std::lock_guard lock(state_->mutex);
    state_->fails = fails;
  }
  /// It does not answer until release().
  void hold() {
    const std::lock_guard lock(state_->mutex);
    state_->held = true;
  }
  void release() {
    const std::lock_guard lock(state_->mutex);
    state_->held = false;
    state_->changed.notify_all();
  }
  /// Questions, answered or not.
  [[nodiscard]] int asked() const {
    const std::lock_guard lock(state_->mutex);
    return state_->asked;
  }

 private:
  struct State {
    void wait(std::unique_lock<std::mutex>& lock) {
      ++asked;
      changed.wait(lock, [this] { return !held; });
      if (fails) throw std::runtime_error("no server");
    }
    std::optional<os::UserId> number(const std::string& name) {
      std::unique_lock lock(mutex);
      wait(lock);
      const auto found = accounts.find(name);
      return found == accounts.end() ? std::nullopt : std::optional(found->second);
    }
    std::string name(os::UserId user) {
      std::unique_lock lock(mutex);
      wait(lock);
      for (const auto& [name, number] : accounts) {
        if (number == user) return name;
      }
      return std::to_string(user);
    }

    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, os::UserId> accounts;
    bool held = false;
    bool fails = false;
    int asked = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

inline bool within_ten_seconds(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace icom::fanout
