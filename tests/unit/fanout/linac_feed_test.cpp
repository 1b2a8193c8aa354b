#include "gateway/fanout/linac_feed.hpp"

#include <gtest/gtest.h>

namespace icom::fanout {
namespace {

class LinacFeedTest : public testing::Test {
 protected:
  bool frame(std::uint64_t run, std::uint64_t seq, std::uint64_t hash) {
    return feed_.take({EntryKind::frame, run, seq, hash});
  }
  bool junk(std::uint64_t run, std::uint64_t seq) {
    return feed_.take({EntryKind::junk, run, seq, 0});
  }
  LinacFeed feed_;
};

TEST_F(LinacFeedTest, WhatIsSentAgainAfterABrokenSessionIsNotNew) {
  EXPECT_TRUE(frame(1, 1, 101));
  EXPECT_TRUE(junk(1, 2));
  EXPECT_TRUE(frame(1, 3, 103));
  EXPECT_FALSE(frame(1, 1, 101));
  EXPECT_FALSE(junk(1, 2));
  EXPECT_FALSE(frame(1, 3, 103));
  EXPECT_TRUE(frame(1, 4, 104));
}

TEST_F(LinacFeedTest, WhatTheLinacSendsTwiceToOneListenerIsNewTwice) {
  EXPECT_TRUE(frame(1, 1, 101));
  EXPECT_TRUE(frame(1, 2, 101));
}

TEST_F(LinacFeedTest, OfTwoAgentsWhoeverIsFirstCounts) {
  EXPECT_TRUE(frame(1, 1, 101));
  EXPECT_FALSE(frame(2, 1, 101));
  EXPECT_TRUE(frame(2, 2, 102));
  EXPECT_TRUE(junk(2, 3)) << "of the one in front";
  EXPECT_FALSE(frame(1, 2, 102));
  EXPECT_FALSE(junk(1, 3)) << "of the one behind";
  EXPECT_TRUE(frame(1, 4, 103));
  EXPECT_FALSE(frame(2, 4, 103));
}

TEST_F(LinacFeedTest, AListenerBegunAnewGoesOnAndWhatTheLinacRepeatsToItIsNotNew) {
  EXPECT_TRUE(frame(1, 1, 101));
  EXPECT_TRUE(frame(1, 2, 102));
  EXPECT_FALSE(feed_.take({EntryKind::connected, 2, 1, 0}));
  EXPECT_TRUE(junk(2, 2)) << "the rest of a frame that was cut in two";
  EXPECT_FALSE(frame(2, 3, 102));
  EXPECT_TRUE(frame(2, 4, 103));
  EXPECT_TRUE(junk(2, 5));
}

TEST_F(LinacFeedTest, WhatComesLateOnAConnectionThatWasGivenUpIsNoPartOfTheStream) {
  const auto frame_at = [this](std::uint64_t run, std::uint64_t seq, std::int64_t time) {
    return feed_.take({EntryKind::frame, run, seq, std::uint64_t(time), time});
  };
  const auto word = [this](std::uint64_t seq, EntryKind kind, bool late = false) {
    return feed_.take({kind, 1, seq, 0, 0, late});
  };
  EXPECT_TRUE(frame_at(1, 1, 9));
  EXPECT_TRUE(frame_at(1, 2, 30));
  EXPECT_FALSE(word(3, EntryKind::disconnected));
  EXPECT_FALSE(word(4, EntryKind::connected, true));
  EXPECT_FALSE(frame_at(1, 5, 9)) << "the last one of before, as sent by this run";
  EXPECT_FALSE(frame_at(1, 6, 10));
  EXPECT_FALSE(junk(1, 7));
  EXPECT_FALSE(frame_at(2, 1, 30)) << "another agent's have come already";
  EXPECT_TRUE(frame_at(2, 2, 31)) << "another agent's connection is another one";
  EXPECT_FALSE(word(8, EntryKind::disconnected));
  EXPECT_FALSE(word(9, EntryKind::connected));
  EXPECT_FALSE(frame_at(1, 10, 30)) << "once more, where the open one goes on";
  EXPECT_FALSE(frame_at(1, 11, 31));
  EXPECT_TRUE(frame_at(1, 12, 32));
  EXPECT_TRUE(junk(1, 13));
}

TEST_F(LinacFeedTest, ManyRunsAndFramesAreForgottenInTheirOrder) {
  for (std::uint64_t run = 1; run <= 100; ++run) EXPECT_TRUE(frame(run, 1, run));
  EXPECT_FALSE(frame(100, 1, 100));
  for (std::uint64_t seq = 2; seq <= 10'000; ++seq) EXPECT_TRUE(frame(7, seq, 1000 + seq));
  EXPECT_FALSE(frame(8, 2, 1000 + 10'000)) << "lately come";
  EXPECT_TRUE(frame(8, 3, 1)) << "long forgotten";
}

}  // namespace
}  // namespace icom::fanout
