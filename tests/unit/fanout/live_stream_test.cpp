#include "common/fanout/live_stream.hpp"

#include <gtest/gtest.h>

namespace icom::fanout {
namespace {

/// Frames are known by the second at which the Linac sent them.
class LiveStreamTest : public testing::Test {
 protected:
  bool frame(std::int64_t time) {
    return live_.take(EntryKind::frame, false, FrameIdentity{time, 0, std::uint64_t(time)});
  }
  bool junk() { return live_.take(EntryKind::junk, false, std::nullopt); }
  bool word(EntryKind kind, bool late = false) { return live_.take(kind, late, std::nullopt); }
  void connected(bool late = false) { EXPECT_FALSE(word(EntryKind::connected, late)); }
  void disconnected() { EXPECT_FALSE(word(EntryKind::disconnected)); }
  void hole() { EXPECT_FALSE(word(EntryKind::hole)); }
  /// Up to the word that late frames follow, while a connection is open whose last frame is of 30.
  void open_until_late() {
    connected();
    EXPECT_TRUE(frame(9));
    disconnected();
    connected();
    EXPECT_TRUE(frame(30));
    disconnected();
    connected(true);
  }

  LiveStream live_;
};

TEST_F(LiveStreamTest, LateFramesAndTheRepeatedOneAreNoPartOfIt) {
  open_until_late();
  EXPECT_FALSE(frame(9));
  EXPECT_FALSE(frame(10));
  EXPECT_FALSE(junk());
  disconnected();
  connected();
  EXPECT_FALSE(frame(30)) << "was there before";
  EXPECT_TRUE(frame(31));
  EXPECT_TRUE(frame(31)) << "what the Linac sends twice was sent twice";
  EXPECT_TRUE(junk());
}

TEST_F(LiveStreamTest, PartsOfLateFramesMayFollowEachOther) {
  open_until_late();
  EXPECT_FALSE(frame(10));
  disconnected();
  connected();
  EXPECT_FALSE(frame(30));
  disconnected();
  connected(true);
  EXPECT_FALSE(frame(11));
  disconnected();
  connected();
  EXPECT_FALSE(frame(30));
  EXPECT_TRUE(frame(31));
}

TEST_F(LiveStreamTest, AConnectionThatHasBroughtNothingGoesOnWithItsFirstFrame) {
  connected();
  EXPECT_TRUE(frame(9));
  disconnected();
  connected();
  disconnected();
  connected(true);
  EXPECT_FALSE(frame(10));
  disconnected();
  connected();
  EXPECT_TRUE(frame(30));
  EXPECT_TRUE(frame(30));
}

TEST_F(LiveStreamTest, LateFramesWhileNoConnectionIsOpenAreNoPartOfIt) {
  connected();
  EXPECT_TRUE(frame(30));
  disconnected();
  connected(true);
  EXPECT_FALSE(frame(10));
  disconnected();
  connected();
  EXPECT_TRUE(frame(40));
}

TEST_F(LiveStreamTest, IfTheEndOfTheLatePartIsLostTheOpenConnectionGoesOnWithItsNextFrame) {
  open_until_late();
  EXPECT_FALSE(frame(10));
  hole();
  EXPECT_FALSE(frame(11)) << "the Linac's time never goes back";
  EXPECT_FALSE(junk()) << "of nobody knows which";
  EXPECT_FALSE(frame(30)) << "was there before";
  EXPECT_TRUE(frame(31));
  EXPECT_TRUE(frame(20)) << "the Linac's clock was set back: so it came";
}

TEST_F(LiveStreamTest, WithoutAFrameOfBeforeNothingIsLeftOutAfterAHole) {
  connected(true);
  EXPECT_FALSE(frame(10));
  hole();
  EXPECT_TRUE(frame(30));
}

}  // namespace
}  // namespace icom::fanout
