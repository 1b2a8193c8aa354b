#include "common/os/detached_thread.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <future>

#include "common/os/posix/crash_signals.hpp"

namespace icom::os {
namespace {

class DetachedThread : public ::testing::Test {
 protected:
  DetachedThread() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

sigset_t blocked_here() {
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  return blocked;
}

TEST_F(DetachedThread, TakesNoSignalsOfOthersAndLeavesThoseOfItsCallerAsTheyWere) {
  const sigset_t before = blocked_here();
  std::promise<sigset_t> told;
  run_detached("test", [&told] { told.set_value(blocked_here()); });
  const sigset_t there = told.get_future().get();
  const sigset_t after = blocked_here();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGALRM, SIGPIPE, SIGUSR1}) {
    EXPECT_EQ(::sigismember(&there, signal), 1) << signal;
    EXPECT_EQ(::sigismember(&after, signal), ::sigismember(&before, signal)) << signal;
  }
}

TEST_F(DetachedThread, IsNotWaitedForAtTheEndOfTheProgram) {
  EXPECT_EXIT(
      {
        std::promise<void> runs;
        run_detached("test", [&runs] {
          runs.set_value();
          for (;;) ::pause();
        });
        runs.get_future().wait();
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

class CrashInADetachedThread : public DetachedThread, public ::testing::WithParamInterface<int> {};

TEST_P(CrashInADetachedThread, RunsTheProgramsHandler) {
  EXPECT_EXIT(
      {
        std::signal(GetParam(), [](int) { ::_exit(3); });
        run_detached("test", [signal = GetParam()] { std::raise(signal); });
        for (;;) ::pause();
      },
      ::testing::ExitedWithCode(3), "");
}

INSTANTIATE_TEST_SUITE_P(EverySignal, CrashInADetachedThread, ::testing::ValuesIn(kCrashSignals));

}  // namespace
}  // namespace icom::os
