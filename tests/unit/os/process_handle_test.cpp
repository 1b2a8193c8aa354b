#include "common/os/process_handle.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <limits>
#include <optional>

#include "tests/unit/os/no_more_files.hpp"

namespace icom::os {
namespace {

using namespace std::chrono_literals;

/// A process of ours that waits for a signal.
pid_t start_waiting() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    while (true) ::pause();
  }
  return child;
}

TEST(ProcessHandle, SignalReachesTheProcessAndItsEndIsSeen) {
  const pid_t child = start_waiting();
  const auto held = ProcessHandle::of(child);
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(held->ends_within(1ms));
  EXPECT_FALSE(held->send(SIGKILL));
  EXPECT_TRUE(held->ends_within(10s));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(held->send(SIGKILL), std::errc::no_such_process);
  EXPECT_TRUE(held->ends_within(0ms));
  EXPECT_FALSE(ProcessHandle::of(child).has_value());
}

TEST(ProcessHandle, AProcessThatTheKernelGivesNoHandleOfIsStillThere) {
  const pid_t child = start_waiting();
  const auto held = [child] {
    const test::NoMoreFiles no_more;
    return ProcessHandle::of(child);
  }();
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(held->ends_within(1ms));
  EXPECT_FALSE(held->send(SIGKILL));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(held->ends_within(0ms));
  EXPECT_EQ(held->send(SIGKILL), std::errc::no_such_process);
  const test::NoMoreFiles no_more;
  EXPECT_FALSE(ProcessHandle::of(child).has_value());
}

TEST(ProcessHandle, GroupsAndNumbersThatNoProcessCanHaveAreNone) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{-1}, -std::int64_t{::getpid()}, std::int64_t{1} << 40U,
        (std::int64_t{1} << 32U) + ::getpid(), std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_FALSE(ProcessHandle::of(number).has_value()) << number;
  }
}

}  // namespace
}  // namespace icom::os
