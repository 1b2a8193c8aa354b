#include "common/os/process.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

namespace icom::os {
namespace {

int priority_of_this_thread() {
  return ::getpriority(PRIO_PROCESS, 0);
}

TEST(ThreadPriority, IsLoweredForTheCallingThreadAlone) {
  const int before = priority_of_this_thread();
  int lowered = before;
  std::thread([&lowered] {
    lower_priority_of_this_thread();
    lowered = priority_of_this_thread();
  }).join();
  EXPECT_GT(lowered, before);
  EXPECT_EQ(priority_of_this_thread(), before);
}

}  // namespace
}  // namespace icom::os
