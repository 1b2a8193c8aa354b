// What it costs to find out whether a frame is stored: rows and key lists, counted.
#include "gateway/store/key_lookup.hpp"

#include "gateway/store/gap_table.hpp"
#include "tests/unit/store/log_fixture.hpp"

namespace icom::store {
namespace {

class KeyLookupTest : public test::LogFixture {
 protected:
  static constexpr unsigned kEpochs = 2'000;

  static ByteVector frame(unsigned seconds, unsigned counter, const std::string& text) {
    test::FrameSpec spec;
    spec.time = test::time_after(seconds);
    spec.counter = static_cast<std::uint8_t>(counter);
    spec.items = {{0x300A, 0x00B2, "SH", 'P', text}};
    return test::build_frame(spec);
  }
  /// The number-th frame of a Linac whose clock is set back by 3,000 s with every other frame.
  static ByteVector of_a_broken_clock(unsigned number) {
    return frame(number % 2 == 0 ? 0 : 3'000, number, std::to_string(number));
  }
  void make_epochs() {
    test::Feed feed(1, 1);
    feed.connected();
    for (unsigned number = 0; number < 2 * kEpochs; ++number) {
      feed.frame(of_a_broken_clock(number));
    }
    commit(feed.batch());
    ASSERT_EQ(number("SELECT epoch FROM head"), kEpochs);
    ASSERT_EQ(number("SELECT count(*) FROM chunk"), kEpochs - 1);
  }
  void expect_bounded(const KeyLookup::Work& before) const {
    const KeyLookup::Work& after = log_->lookup_work();
    EXPECT_LE(after.lists - before.lists, std::int64_t{KeyLookup::kMostLists});
    EXPECT_LE(after.rows - before.rows,
              KeyLookup::kMostRows + (KeyLookup::kNewestEpochs + 1) * KeyLookup::kMostRowsPerEpoch);
  }
};

TEST_F(KeyLookupTest, AmongChunksOfManyEpochsThatOverlapItReadsFew) {
  make_epochs();
  const KeyLookup::Work before = log_->lookup_work();
  commit(test::Feed(1, 2).received_at(100'000).frame(frame(1'500, 7, "late")).batch());
  EXPECT_EQ(stored(), 2 * kEpochs + 1);
  EXPECT_GT(log_->lookup_work().lists, before.lists);
  expect_bounded(before);
}

TEST_F(KeyLookupTest, FramesOfTheNewestEpochsAreFoundAmongThem) {
  make_epochs();
  for (unsigned back = 0; back < 2 * KeyLookup::kNewestEpochs; ++back) {
    const KeyLookup::Work before = log_->lookup_work();
    commit(test::Feed(1, 100 + back).frame(of_a_broken_clock(2 * kEpochs - 1 - back)).batch());
    expect_bounded(before);
  }
  EXPECT_EQ(duplicates(), 2 * KeyLookup::kNewestEpochs);
  EXPECT_EQ(stored(), 2 * kEpochs);
}

TEST_F(KeyLookupTest, FramesOfTheNewestEpochsAreFoundThoughOlderOnesBeganNearerToThem) {
  // Each epoch begins a second before the one before it, and all reach over the same second.
  constexpr unsigned kBegun = 1'000;
  const auto last_of = [](unsigned epoch) {
    return frame(3'000, 2 * epoch + 1, std::to_string(epoch));
  };
  test::Feed feed(1, 1);
  feed.connected();
  for (unsigned epoch = 0; epoch < kBegun; ++epoch) {
    feed.frame(frame(2'000 - epoch, 2 * epoch, std::to_string(epoch))).frame(last_of(epoch));
  }
  commit(feed.batch());
  ASSERT_EQ(number("SELECT epoch FROM head"), kBegun);
  for (unsigned back = 1; back <= KeyLookup::kNewestEpochs; ++back) {
    const KeyLookup::Work before = log_->lookup_work();
    commit(test::Feed(1, 100 + back).frame(last_of(kBegun - 1 - back)).batch());
    expect_bounded(before);
  }
  EXPECT_EQ(duplicates(), KeyLookup::kNewestEpochs);
  EXPECT_EQ(stored(), 2 * kBegun);
}

TEST_F(KeyLookupTest, AsManyEpochsAsALinacMakesAreAllFound) {
  test::Feed feed(1, 1);
  feed.connected();
  constexpr unsigned kFrames = 2 * KeyLookup::kMostLists;
  for (unsigned number = 0; number < kFrames; ++number) {
    feed.frame(of_a_broken_clock(number));
  }
  commit(feed.batch());
  for (unsigned number = 0; number < kFrames; ++number) {
    commit(test::Feed(1, 100 + number).frame(of_a_broken_clock(number)).batch());
  }
  EXPECT_EQ(duplicates(), kFrames);
  EXPECT_EQ(stored(), kFrames);
}

TEST_F(KeyLookupTest, OfThousandsOfGapsInASecondTheFirstFewAreLookedAt) {
  const std::int64_t second = 1'772'438'400;
  const Transaction transaction(database_, Transaction::Kind::write);
  for (std::int64_t i = 0; i < 1'000; ++i) {
    const auto counter = static_cast<std::uint8_t>(i < 80 ? 4 * (i % 20) : 200);
    Gap gap;
    gap.from = {1, second, 4 * i, counter};
    gap.to = {1, second, 4 * i + 3, static_cast<std::uint8_t>(counter + 3)};
    gap.kind = "counter";
    gap.missing = 2;
    insert_gap(database_, 1, gap);
  }
  const auto found = find_gap(database_, 1, 1, {second, 21, 0}, true);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->from.sub, 20);
  EXPECT_FALSE(find_gap(database_, 1, 1, {second, 201, 0}, true)) << "in the 81st gap";
}

}  // namespace
}  // namespace icom::store
