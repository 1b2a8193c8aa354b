// What the store keeps of a Linac's clock. docs/storage.md, "Clocks".
#include "gateway/store/clock_table.hpp"
#include "gateway/store/schema.hpp"
#include "tests/unit/store/site_clock.hpp"

namespace icom::store {
namespace {

using test::kBerlin;
using test::kHourInSeconds;
using test::kSummerEnds;
using test::sent_in;
using test::operator+;

class ClockHistoryTest : public test::StoreFixture {
 protected:
  void SetUp() override { open_in(kBerlin); }
  void open_in(const std::string& zone) {
    store_.reset();
    open();
    store_->set_timezone("nbcc", zone);
  }
  [[nodiscard]] std::vector<ClockEntry> history() const {
    std::vector<ClockEntry> all;
    StoreReader(folder()).clocks(linac_, [&](const ClockEntry& entry) { all.push_back(entry); });
    return all;
  }
  void store_sent(test::Feed& agent, const std::vector<test::SentFrame>& frames) {
    ASSERT_TRUE(commit(test::batch_of(agent, frames)));
  }
};

TEST_F(ClockHistoryTest, IsMeasuredByTheFramesAndOutlivesTheGateway) {
  test::Feed agent = feed();
  store_sent(agent, sent_in(kBerlin, kSummerEnds - 600, 0, 600, {}, 2));
  open_in(kBerlin);
  store_sent(agent, sent_in(kBerlin, kSummerEnds - 600, 600, 2'400 + 1'200, {}, 2));
  const auto all = history();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].number, 1);
  EXPECT_NEAR(static_cast<double>(all[0].since_us), (kSummerEnds - 600) * 1e6, 1e5);
  EXPECT_NEAR(static_cast<double>(all[0].ahead_us), (2 * kHourInSeconds + 2) * 1e6, 3e5);
  EXPECT_EQ(all[0].zone, (ClockZone{kBerlin, 2 * kHourInSeconds}));
  EXPECT_EQ(all[1].number, 2);
  EXPECT_NEAR(static_cast<double>(all[1].ahead_us), (kHourInSeconds + 2) * 1e6, 3e5);
  EXPECT_EQ(all[1].zone, (ClockZone{kBerlin, kHourInSeconds}));
}

TEST_F(ClockHistoryTest, WhatIsStoredLateOrTwiceSaysNothing) {
  const auto all = sent_in(kBerlin, kSummerEnds - 6'000, 0, 4'000);
  const auto begin = all.begin();
  test::Feed agent = feed(1);
  store_sent(agent, std::vector(begin, begin + 1'000) + std::vector(begin + 2'000, all.end()));
  const auto before = history();
  ASSERT_EQ(before.size(), 1U);
  for (const auto& late :
       {std::vector(begin + 990, begin + 2'000), std::vector(begin, begin + 4'000)}) {
    test::Feed other = feed(++next_run_);
    IncomingBatch batch = test::batch_of(other, late, 3'600'000'000);
    ASSERT_TRUE(commit(std::move(batch)));
  }
  EXPECT_EQ(history(), before);
  EXPECT_EQ(ledger().counts.stored, 4'000);
}

TEST_F(ClockHistoryTest, TheNewestAreKept) {
  Database database(folder() / "icom.db", Database::Access::read_write);
  Transaction transaction(database, Transaction::Kind::write);
  for (std::int64_t n = 1; n <= kMostClockEntries + 3; ++n) {
    save_clock(database, linac_, {.number = n, .since_us = n, .ahead_us = -n, .zone = {}});
  }
  save_clock(database, linac_ + 1, {.number = 1, .since_us = 1, .ahead_us = 1, .zone = {}});
  transaction.commit();
  const auto kept = history();
  ASSERT_EQ(std::ssize(kept), kMostClockEntries);
  EXPECT_EQ(kept.front().number, 4);  // three were dropped
  EXPECT_EQ(kept.back(), load_newest_clock(database, linac_));
  EXPECT_TRUE(load_newest_clock(database, linac_ + 1));
}

/// A store of the version before: its frames are told of as before, and what comes is written down.
TEST_F(ClockHistoryTest, AStoreOfBeforeClocksWereWrittenDownGoesOn) {
  const auto all = sent_in(kBerlin, kSummerEnds - 600, 0, 4 * 1'200, test::Patient{});
  const auto half = all.begin() + 1'600;
  test::Feed agent = feed();
  store_sent(agent, std::vector(all.begin(), half));
  store_sent(agent, sent_in(kBerlin, kSummerEnds - 200, 1'600, 1'601));  // the record ends
  store_.reset();
  {
    Database database(folder() / "icom.db", Database::Access::read_write);
    test::set_back_to_step_13(database);
  }
  open_in(kBerlin);
  const auto after = all.begin() + 1'601;
  store_sent(agent, std::vector(after, all.end()));
  std::vector<ByteVector> sent;
  for (auto at = all.begin(); at != half; ++at) sent.push_back(at->bytes);
  sent.push_back(sent_in(kBerlin, kSummerEnds - 200, 1'600, 1'601).front().bytes);
  for (auto at = after; at != all.end(); ++at) sent.push_back(at->bytes);
  EXPECT_TRUE(test::same_frames(stored(), sent));

  const auto found = records();
  ASSERT_EQ(found.size(), 2U);
  StoreReader reader(folder());
  const records::Record& old = found[0].stored.record;
  const records::Record& fresh = found[1].stored.record;
  EXPECT_FALSE(reader.zone_places(linac_, old.last).here);
  EXPECT_EQ(reader.zone_places(linac_, fresh.first).here->zone.utc_offset, 2 * kHourInSeconds);
  EXPECT_EQ(reader.zone_places(linac_, fresh.last).here->zone.utc_offset, kHourInSeconds);
  ASSERT_EQ(reader.beams(found[0].stored.id).size(), 1U);
  EXPECT_EQ(reader.beams(found[0].stored.id)[0].first_epoch, 0);  // not known
  ASSERT_FALSE(history().empty());
  EXPECT_EQ(history().back().zone.utc_offset, kHourInSeconds);
  // What fits in among the old ones is of before as well.
  test::Feed other = feed(2);
  store_sent(other, sent_in(kBerlin, kSummerEnds - 700, 0, 4));
  EXPECT_FALSE(StoreReader(folder()).zone_places(linac_, {1, 0, 0, 0}).here);
}

/// Each row names the epoch, so that a time that comes twice is one of the two.
TEST_F(ClockHistoryTest, ABeamOfTheRepeatedHourIsInItsEpoch) {
  const auto all = sent_in(kBerlin, kSummerEnds - 10, 0, 80, test::Patient{});
  test::Feed agent = feed();
  agent.connected();
  store_sent(agent, all);
  store_sent(agent, sent_in(kBerlin, kSummerEnds - 10, 80, 81));
  const auto found = records();
  ASSERT_EQ(found.size(), 1U);
  StoreReader reader(folder());
  const auto beams = reader.beams(found[0].stored.id);
  ASSERT_FALSE(beams.empty());
  EXPECT_EQ(beams.front().first_epoch, 1);
  EXPECT_EQ(beams.back().last_epoch, 2);
}

}  // namespace
}  // namespace icom::store
