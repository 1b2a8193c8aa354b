#include <unistd.h>

#include <csignal>
#include <ctime>

#include "common/os/prompt_close.hpp"

namespace icom::os {

namespace {

constexpr long kFirstAfterNs = 5'000'000;
constexpr long kEachNs = 1'000'000;

/// A signal that is ignored interrupts nothing.
void handle_urgent_signal() {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  ::sigaction(SIGURG, &nothing, nullptr);
}

/// Interrupts the thread that made it, again and again.
class Interruptions {
 public:
  Interruptions() {
    static const bool is_handled = (handle_urgent_signal(), true);
    static_cast<void>(is_handled);
    sigevent to_this_thread{};
    to_this_thread.sigev_notify = SIGEV_THREAD_ID;
    to_this_thread.sigev_signo = SIGURG;
    to_this_thread._sigev_un._tid = ::gettid();
    is_made_ = ::timer_create(CLOCK_MONOTONIC, &to_this_thread, &timer_) == 0;
    if (!is_made_) return;
    const itimerspec times{.it_interval = {0, kEachNs}, .it_value = {0, kFirstAfterNs}};
    ::timer_settime(timer_, 0, &times, nullptr);
  }
  ~Interruptions() {
    if (is_made_) ::timer_delete(timer_);
  }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;

 private:
  timer_t timer_{};
  bool is_made_ = false;
};

}  // namespace

void close_promptly(Connection socket) {
  if (!socket.valid()) return;
  const Interruptions meanwhile;
  socket.reset();
}

}  // namespace icom::os
