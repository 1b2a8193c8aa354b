#include "gateway/store/fair_turns.hpp"

#include <gtest/gtest.h>

#include <map>

namespace icom::store {
namespace {

using namespace std::chrono_literals;

class FairTurnsTest : public testing::Test {
 protected:
  /// A batch of this Linac, told from others by `chain`'s absence and its number of entries.
  void push(LinacId linac, std::size_t entries = 1) {
    auto queued = std::make_unique<QueuedBatch>();
    queued->batch.linac = linac;
    queued->batch.entries.resize(entries);
    turns_.push(std::move(queued));
  }
  /// Does the next batch, which costs this much; whose it was.
  LinacId take(WorkTime cost, FairTurns::Prefer prefer = FairTurns::Prefer::least_used) {
    const LinacId linac = turns_.next(prefer)->batch.linac;
    turns_.pop(linac);
    turns_.charge(linac, cost);
    return linac;
  }
  std::vector<LinacId> take_all(std::map<LinacId, WorkTime> costs) {
    std::vector<LinacId> order;
    while (!turns_.empty()) {
      order.push_back(take(costs[turns_.next()->batch.linac]));
    }
    return order;
  }

  FairTurns turns_;
};

TEST_F(FairTurnsTest, BatchesOfALinacStayInTheirOrder) {
  for (std::size_t n = 1; n <= 3; ++n) push(7, n);
  for (std::size_t n = 1; n <= 3; ++n) {
    EXPECT_EQ(turns_.next()->batch.entries.size(), n);
    take(5ms);
  }
  EXPECT_TRUE(turns_.empty());
  EXPECT_EQ(turns_.next(), nullptr);
}

TEST_F(FairTurnsTest, ASiteThatCostsMuchWaitsForItself) {
  turns_.set_site(1, "costly");
  turns_.set_site(2, "cheap");
  for (int n = 0; n < 4; ++n) push(1);
  for (int n = 0; n < 4; ++n) push(2);
  EXPECT_EQ(take_all({{1, 100ms}, {2, 1ms}}), (std::vector<LinacId>{1, 2, 2, 2, 2, 1, 1, 1}));
}

TEST_F(FairTurnsTest, WhoComesWhileACostlySiteWorksIsNext) {
  turns_.set_site(1, "costly");
  turns_.set_site(2, "cheap");
  for (int n = 0; n < 3; ++n) push(1);
  EXPECT_EQ(take(100ms), 1);
  push(2);
  EXPECT_EQ(take(1ms), 2);
  EXPECT_EQ(take(100ms), 1);
}

TEST_F(FairTurnsTest, ASiteHasOneShareHoweverManyLinacsItHas) {
  for (const LinacId linac : {1, 2, 3, 4}) turns_.set_site(linac, "large");
  turns_.set_site(9, "small");
  for (const LinacId linac : {1, 2, 3, 4, 9, 9, 9, 9}) push(linac);
  const std::vector<LinacId> order =
      take_all({{1, 10ms}, {2, 10ms}, {3, 10ms}, {4, 10ms}, {9, 10ms}});
  EXPECT_EQ(order, (std::vector<LinacId>{1, 9, 2, 9, 3, 9, 4, 9}));
}

TEST_F(FairTurnsTest, WithinASiteALinacThatCostsMuchWaitsForItself) {
  turns_.set_site(1, "one");
  turns_.set_site(2, "one");
  for (int n = 0; n < 3; ++n) push(1);
  for (int n = 0; n < 3; ++n) push(2);
  EXPECT_EQ(take_all({{1, 100ms}, {2, 1ms}}), (std::vector<LinacId>{1, 2, 2, 2, 1, 1}));
}

TEST_F(FairTurnsTest, WhoHadNothingToDoSavesUpNoTime) {
  turns_.set_site(1, "busy");
  turns_.set_site(2, "idle");
  for (int n = 0; n < 10; ++n) {
    push(1);
    EXPECT_EQ(take(100ms), 1);
  }
  for (int n = 0; n < 4; ++n) push(1);
  EXPECT_EQ(take(100ms), 1);
  for (int n = 0; n < 4; ++n) push(2);
  EXPECT_EQ(take_all({{1, 100ms}, {2, 100ms}}), (std::vector<LinacId>{2, 1, 2, 1, 2, 1, 2}));
}

TEST_F(FairTurnsTest, ASiteMayKeepItsTurnUntilItHasUsedIt) {
  for (const LinacId linac : {1, 2, 3}) turns_.set_site(linac, "large");
  turns_.set_site(9, "other");
  for (const LinacId linac : {1, 2, 3, 9, 9, 9, 1, 2, 3}) push(linac);
  std::vector<LinacId> order;
  while (!turns_.empty())
    order.push_back(take(FairTurns::kSiteTurn / 2, FairTurns::Prefer::same_site));
  EXPECT_EQ(order, (std::vector<LinacId>{1, 2, 9, 9, 3, 1, 9, 2, 3}));
}

TEST_F(FairTurnsTest, WhoComesInATurnWaitsForNoMoreThanIt) {
  turns_.set_site(1, "busy");
  turns_.set_site(2, "other");
  for (int n = 0; n < 10; ++n) push(1);
  EXPECT_EQ(take(FairTurns::kSiteTurn / 2, FairTurns::Prefer::same_site), 1);
  push(2);
  EXPECT_EQ(take(FairTurns::kSiteTurn / 2, FairTurns::Prefer::same_site), 1);
  EXPECT_EQ(take(FairTurns::kSiteTurn / 2, FairTurns::Prefer::same_site), 2);
}

TEST_F(FairTurnsTest, ALinacWithoutASiteIsASiteOfItsOwn) {
  for (int n = 0; n < 2; ++n) push(1);
  for (int n = 0; n < 2; ++n) push(2);
  EXPECT_EQ(take_all({{1, 10ms}, {2, 10ms}}), (std::vector<LinacId>{1, 2, 1, 2}));
}

}  // namespace
}  // namespace icom::store
