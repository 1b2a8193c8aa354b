// A connection that begins with many frames equal to stored ones, before one shows that the clock
// was set back: how much is read and stored again then.
#include "gateway/store/equal_frames.hpp"

#include "gateway/store/frame_scan.hpp"
#include "tests/unit/store/log_fixture.hpp"

namespace icom::store {
namespace {

using test::message;
using test::messages;

class EqualFramesTest : public test::LogFixture {
 protected:
  /// All of them on one connection, then the first `again` on another, then `other`.
  void send_again(const std::vector<ByteVector>& all, std::size_t again, const ByteVector& other) {
    test::Feed feed(1, 7);
    commit(feed.connected().frames(all).event(EntryKind::disconnected).batch());
    ASSERT_EQ(stored(), std::ssize(all));
    feed.connected().received_at(100'000);
    commit(feed.frames({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(again)}).batch());
    ASSERT_EQ(duplicates(), static_cast<std::int64_t>(again));
    commit(feed.frame(other).batch());
  }
};

TEST_F(EqualFramesTest, OnlyTheLatestOfManyAreReadAndStoredAgain) {
  constexpr std::int64_t kMost = EqualFrames::kMostFrames;
  constexpr std::int64_t kAgain = 3'500;
  send_again(messages(0, 4'000), kAgain, message(kAgain, test::Patient{}));
  EXPECT_EQ(stored(), 4'000 + kMost + 1);
  EXPECT_EQ(duplicates(), kAgain - kMost);
  EXPECT_EQ(log_->frames_read_again(), kMost);
}

TEST_F(EqualFramesTest, LargeFramesAreBoundedByTheirBytes) {
  std::vector<ByteVector> large;
  for (unsigned n = 0; n < 41; ++n) {
    test::FrameSpec spec;
    spec.time = test::time_after(n / 4);
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = {{0x3001, 0x5001, "DS", 'R', std::string(1U << 20U, 'x')}};
    large.push_back(test::build_frame(spec));
  }
  const auto most = static_cast<std::int64_t>(EqualFrames::kMostBytes / large[0].size());
  send_again(large, 40, message(40));
  EXPECT_EQ(stored(), 41 + most + 1);
  EXPECT_EQ(duplicates(), 40 - most);
}

TEST_F(EqualFramesTest, OfManyChunksOfOneSecondThoseAreReadWhoseFramesAreAskedFor) {
  // All of one second, each counting on from the one before: their chunks differ in nothing but the
  // order within the second.
  std::vector<ByteVector> all;
  for (unsigned n = 0; n < 5'000; ++n) {
    test::FrameSpec spec;
    spec.time = test::time_after(0);
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = test::typical_items({}, n);
    all.push_back(test::build_frame(spec));
  }
  test::Feed feed(1, 7);
  commit(feed.connected().frames(all).batch());
  ASSERT_GT(number("SELECT count(*) FROM chunk"), 15);
  FrameKey last;
  FrameScan every(database_, zstd_, 1, FramePlace{1, 0, 0, 0}, FramePlace{2, 0, 0, 0});
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(every.next());
    last = every.key();
  }
  EXPECT_EQ(every.work().chunks, 4);
  FrameScan only(database_, zstd_, 1, last.place, last.place);
  ASSERT_TRUE(only.next());
  EXPECT_EQ(only.key().place, last.place);
  EXPECT_FALSE(only.next());
  EXPECT_EQ(only.work().chunks, 1);
}

}  // namespace
}  // namespace icom::store
