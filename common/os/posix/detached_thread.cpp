#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

#include "common/os/detached_thread.hpp"
#include "common/os/posix/crash_signals.hpp"

namespace icom::os {

namespace {

/// While it lives, the calling thread has the signal mask that the new one is to begin with. A
/// crash in a thread that blocks its signal would end the process past the handler.
class OnlyCrashSignals {
 public:
  OnlyCrashSignals() {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int signal : kCrashSignals) ::sigdelset(&blocked, signal);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ~OnlyCrashSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  OnlyCrashSignals(const OnlyCrashSignals&) = delete;
  OnlyCrashSignals& operator=(const OnlyCrashSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

void run_detached(const char* name, std::function<void()> work) {
  const OnlyCrashSignals masked;
  std::thread thread(std::move(work));
  ::pthread_setname_np(thread.native_handle(), name);
  thread.detach();
}

}  // namespace icom::os
