#include "tests/simulator/faults.hpp"

#include <gtest/gtest.h>

namespace icom::simulator {
namespace {

using namespace std::chrono_literals;

TEST(Faults, NoneIsDueUnlessAskedFor) {
  const FaultSchedule schedule;
  for (std::size_t fault = 0; fault < kFaults; ++fault) {
    for (std::uint64_t frame = 1; frame < 100; ++frame)
      ASSERT_FALSE(schedule.due(static_cast<Fault>(fault), frame));
  }
}

TEST(Faults, EveryNthFrameAndSingleFramesAddUp) {
  FaultSchedule schedule;
  schedule.every(Fault::skip, 10);
  schedule.at(Fault::skip, 13);
  for (std::uint64_t frame = 1; frame < 100; ++frame) {
    EXPECT_EQ(schedule.due(Fault::skip, frame), frame % 10 == 0 || frame == 13) << frame;
    EXPECT_FALSE(schedule.due(Fault::junk, frame));
  }
}

TEST(Faults, JumpsAtTheSameFrameAddUp) {
  FaultSchedule schedule;
  schedule.jump({5, 10s});
  schedule.jump({5, -3s});
  EXPECT_EQ(schedule.jump_before(4), 0s);
  EXPECT_EQ(schedule.jump_before(5), 7s);
  EXPECT_EQ(schedule.jump_before(6), 0s);
}

TEST(Faults, EachIsFoundUnderItsName) {
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_EQ(fault_named(name_of(fault)), fault);
  }
  EXPECT_FALSE(fault_named("nothing"));
}

}  // namespace
}  // namespace icom::simulator
