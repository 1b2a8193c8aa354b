// Waits for threads that nobody waits for.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <thread>

namespace icom {

inline std::size_t own_threads() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
}

/// At its end the process has no more threads than at its beginning: those that a lookup leaves
/// behind are gone, with what libc holds for them, which LeakSanitizer would find at the end of the
/// program. Fails the test if they are not in time.
class ThreadsThatStay {
 public:
  ThreadsThatStay() {
    // ThreadSanitizer starts one of its own beside a program's first, and that one does stay.
    std::thread([] {}).join();
    before_ = own_threads();
  }
  ~ThreadsThatStay() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (own_threads() > before_) {
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << "a thread goes on";
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  ThreadsThatStay(const ThreadsThatStay&) = delete;
  ThreadsThatStay& operator=(const ThreadsThatStay&) = delete;

 private:
  std::size_t before_ = 0;
};

}  // namespace icom
