#include "agent/forward/backoff.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace icom::forward {
namespace {

using std::chrono::milliseconds;

std::vector<milliseconds::rep> delays(Backoff& backoff, int count) {
  std::vector<milliseconds::rep> out;
  for (int i = 0; i < count; ++i) out.push_back(backoff.next().count());
  return out;
}

TEST(BackoffTest, CeilingDoublesUpToTheMost) {
  Backoff backoff({milliseconds(500), milliseconds(30'000)}, [] { return 0.5; });
  EXPECT_EQ(delays(backoff, 9), (std::vector<milliseconds::rep>{250, 500, 1000, 2000, 4000, 8000,
                                                                15'000, 15'000, 15'000}));
}

TEST(BackoffTest, JitterIsFull) {
  double random = 0.0;
  Backoff backoff({milliseconds(500), milliseconds(30'000)}, [&random] { return random; });
  EXPECT_EQ(backoff.next(), milliseconds(0));
  random = 0.999;
  EXPECT_EQ(backoff.next(), milliseconds(999));
}

TEST(BackoffTest, ResetStartsOver) {
  Backoff backoff({milliseconds(500), milliseconds(30'000)}, [] { return 0.5; });
  delays(backoff, 6);
  backoff.reset();
  EXPECT_EQ(backoff.next(), milliseconds(250));
}

TEST(BackoffTest, MachineRandomStaysWithinUnitInterval) {
  const auto random = machine_random();
  for (int i = 0; i < 1000; ++i) {
    const double value = random();
    EXPECT_GE(value, 0.0);
    EXPECT_LT(value, 1.0);
  }
}

}  // namespace
}  // namespace icom::forward
