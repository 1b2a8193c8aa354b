#include "common/icom/counter_convention.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/icom/frame_builder.hpp"

namespace icom {
namespace {

ByteVector frame(unsigned first, unsigned second) {
  test::FrameSpec spec;
  spec.counter = static_cast<std::uint8_t>(first);
  spec.opaque = std::string(1, static_cast<char>(second));
  return test::build_frame(spec);
}
ByteVector high_first(unsigned n) {
  return frame(n / 256, n % 256);
}

TEST(CounterConvention, AStreamOfOneByteIsLearntFromFourFrames) {
  for (unsigned first = 0; first < 256; ++first) {
    CounterConvention convention;
    for (unsigned i = 0; i < 3; ++i) EXPECT_FALSE(convention.observe(frame(first + i, 0x10)));
    EXPECT_TRUE(convention.observe(frame(first + 3, 0x10)));
    EXPECT_EQ(convention.offset(), 26U);
  }
}

TEST(CounterConvention, TwoBytesWithTheHighOneFirstAreLearntWhereverTheStreamBegins) {
  for (unsigned first = 0; first < 1024; ++first) {
    CounterConvention convention;
    for (unsigned i = 0; i < 4; ++i) convention.observe(high_first(first + i));
    ASSERT_EQ(convention.offset(), 27U) << first;
    for (unsigned i = 4; i < 600; ++i) ASSERT_FALSE(convention.observe(high_first(first + i)));
  }
}

TEST(CounterConvention, TwoBytesWithTheLowOneFirstCountInTheFirst) {
  for (unsigned first = 0; first < 1024; ++first) {
    CounterConvention convention;
    for (unsigned i = 0; i < 600; ++i) {
      convention.observe(frame((first + i) % 256, (first + i) / 256));
    }
    EXPECT_EQ(convention.offset(), 26U) << first;
  }
}

TEST(CounterConvention, LostFramesAndFramesSentTwiceCostNothingThatIsLearnt) {
  std::mt19937 random(7);
  CounterConvention convention;
  unsigned n = 0;
  for (unsigned i = 0; i < 4; ++i) convention.observe(frame(n++, 5));
  ASSERT_EQ(convention.offset(), 26U);
  for (unsigned i = 0; i < 20'000; ++i) {
    const unsigned what = static_cast<unsigned>(random() % 8);
    n += what == 0 ? 1 + static_cast<unsigned>(random() % 300) : what < 3 ? 0 : 1;
    // The byte behind it is anything, as the beginning of what is not known.
    ASSERT_FALSE(convention.observe(frame(n, static_cast<unsigned>(random() % 2)))) << i;
  }
}

TEST(CounterConvention, ASingleCoincidenceProvesNothing) {
  CounterConvention convention;
  for (const unsigned counter : {3U, 4U, 90U, 91U, 92U, 7U, 8U}) {
    convention.observe(frame(counter, 0x10));
    EXPECT_FALSE(convention.offset());
  }
}

TEST(CounterConvention, WhatDoesNotCountIsNotUnderstood) {
  CounterConvention convention;
  for (unsigned n = 0; n < 1000; ++n) EXPECT_FALSE(convention.observe(frame(255 - n % 256, 0x10)));
  EXPECT_FALSE(convention.offset());
}

TEST(CounterConvention, AMachineThatBeginsToCountElsewhereIsLearntAnew) {
  CounterConvention convention;
  for (unsigned n = 0; n < 100; ++n) convention.observe(frame(n, 0x10));
  for (unsigned n = 100; n < 110; ++n) convention.observe(high_first(n));
  EXPECT_EQ(convention.offset(), 27U);
  for (unsigned n = 0; n < 40; ++n) convention.observe(frame(7, 200 - n));
  EXPECT_FALSE(convention.offset());
}

TEST(CounterConvention, FramesWithoutAByteBehindTheCounterAreCountedByIt) {
  CounterConvention convention;
  for (unsigned n = 0; n < 4; ++n) {
    test::FrameSpec spec;
    spec.counter = static_cast<std::uint8_t>(n);
    convention.observe(test::build_frame(spec));
  }
  EXPECT_EQ(convention.offset(), 26U);
}

}  // namespace
}  // namespace icom
