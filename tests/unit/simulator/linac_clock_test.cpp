#include "tests/simulator/linac_clock.hpp"

#include <gtest/gtest.h>

#include <map>

#include "common/icom/frame_identity.hpp"

namespace icom::simulator {
namespace {

using namespace std::chrono_literals;

std::chrono::local_seconds at(std::string_view text) {
  return parse_linac_time(text).value();
}

TEST(LinacClock, WritesTimeAsOnTheWire) {
  EXPECT_EQ(LinacClock(at("2026-03-02 08:00:00"), 4, 0).tick().text, "2026-03-0208:00:00");
  EXPECT_EQ(LinacClock(at("0001-01-01 00:00:00"), 4, 0).tick().text, "0001-01-0100:00:00");
}

TEST(LinacClock, TimeIsReadAsTheProjectReadsIt) {
  LinacClock clock(at("2024-02-28 23:59:00"), 1, 0);
  std::int64_t last = 0;
  for (int i = 0; i < 2 * 24 * 3600; ++i) {
    const auto stamp = clock.tick();
    const auto* text = reinterpret_cast<const std::byte*>(stamp.text.data());
    ASSERT_TRUE(is_date_anchor(text)) << stamp.text;
    const std::int64_t seconds = linac_seconds(text);
    if (i > 0) {
      ASSERT_EQ(seconds, last + 1) << stamp.text;
    }
    last = seconds;
  }
}

TEST(LinacClock, CounterRisesByOneAndWraps) {
  LinacClock clock(at("2026-03-02 08:00:00"), 4, 254);
  EXPECT_EQ(clock.tick().counter, 254);
  EXPECT_EQ(clock.tick().counter, 255);
  EXPECT_EQ(clock.tick().counter, 0);
  EXPECT_EQ(clock.tick().counter, 1);
}

TEST(LinacClock, SecondHoldsExactlyHzFramesAtEveryRate) {
  for (int hz = 1; hz <= LinacClock::kMaxHz; ++hz) {
    LinacClock clock(at("2026-03-02 08:00:00"), hz, 0);
    std::map<std::string, int> frames;
    for (int i = 0; i < 5 * hz; ++i) ++frames[clock.tick().text];
    for (const auto& [text, count] : frames) ASSERT_EQ(count, hz) << text << " at " << hz << " Hz";
  }
}

TEST(LinacClock, SecondNeverHoldsMoreThanHzFramesWhateverWasPaused) {
  for (const int hz : {3, 4, 7, 250}) {
    LinacClock clock(at("2026-03-02 08:00:00"), hz, 0);
    std::map<std::string, int> frames;
    for (int i = 0; i < 2000; ++i) {
      ++frames[clock.tick().text];
      if (i % 5 == 0) clock.pass(std::chrono::microseconds(i * 997));
    }
    for (const auto& [text, count] : frames) ASSERT_LE(count, hz) << text << " at " << hz << " Hz";
  }
}

TEST(LinacClock, JumpsForwardAndBack) {
  LinacClock clock(at("2026-03-02 08:00:00"), 1, 0);
  clock.tick();
  clock.jump(1h);
  EXPECT_EQ(clock.tick().text, "2026-03-0209:00:01");
  clock.jump(-9h);
  EXPECT_EQ(clock.tick().text, "2026-03-0200:00:02");
  clock.jump(-10s);
  EXPECT_EQ(clock.tick().text, "2026-03-0123:59:53");
}

TEST(LinacClock, WhatIsNoTimeIsRefused) {
  for (const auto* text : {"", "2026-03-02", "2026-03-02T08:00:00", "2026-13-02 08:00:00",
                           "2026-02-29 08:00:00", "2026-03-02 24:00:00", "2026-03-02 08:60:00",
                           "2026-03-02 08:00:60", "2026-03-02 08:00:0x", " 2026-03-02 08:00:00"}) {
    EXPECT_FALSE(parse_linac_time(text)) << text;
  }
}

}  // namespace
}  // namespace icom::simulator
