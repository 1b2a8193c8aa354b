#include "gateway/store/linac_zone.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "tests/unit/store/site_clock.hpp"

namespace icom::store {
namespace {

using test::kBerlin;
using test::kHourInSeconds;
using test::kSummerBegins;
using test::kSummerEnds;
using test::sent_in;
using test::SentFrame;
using test::operator+;
using testing::ElementsAre;
using testing::Pair;

class LinacZoneTest : public test::StoreFixture {
 protected:
  void SetUp() override {
    open();
    store_->set_timezone("nbcc", kBerlin);
  }
  void open_again(const std::optional<std::string>& zone = kBerlin) {
    reopen();
    if (zone) store_->set_timezone("nbcc", *zone);
  }
  void store_sent(test::Feed& agent, const std::vector<SentFrame>& frames,
                  std::int64_t late_us = 3'000) {
    ASSERT_TRUE(commit(test::batch_of(agent, frames, late_us)));
  }
  /// (zone, offset) of each row, in order.
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> rows() const {
    std::vector<std::pair<std::string, std::int64_t>> all;
    StoreReader reader(folder());
    FramePlace place;
    ZonePlaces found = reader.zone_places(linac_, place);
    auto next = found.here ? found.here : found.next;
    while (next) {
      all.emplace_back(next->zone.name, next->zone.utc_offset.value_or(-1));
      next = reader.zone_places(linac_, next->from).next;
    }
    return all;
  }
  /// What is said of each frame, by its hash.
  [[nodiscard]] std::map<std::uint64_t, std::optional<std::int64_t>> offsets() const {
    StoreReader reader(folder());
    std::vector<FrameKey> keys;
    reader.all_frames(linac_, [&](const FrameKey& key, Bytes) {
      keys.push_back(key);
      return true;
    });
    std::map<std::uint64_t, std::optional<std::int64_t>> all;
    for (const FrameKey& key : keys) {
      const auto here = reader.zone_places(linac_, key.place).here;
      all[key.hash] = here ? here->zone.utc_offset : std::nullopt;
    }
    return all;
  }
  void expect_each_is_right(const std::vector<SentFrame>& frames) {
    const auto told = offsets();
    ASSERT_EQ(told.size(), frames.size());
    for (const SentFrame& frame : frames) {
      const FrameIdentity identity = identify(frame.bytes).value();
      ASSERT_EQ(told.at(identity.hash), frame.offset) << linac_time_text(identity.time);
    }
  }
};

TEST_F(LinacZoneTest, AYearOfAClockIsOneRowAndOneForEachChange) {
  std::vector<SentFrame> all;
  for (int day = 0; day < 365; ++day) {
    all = all + sent_in(kBerlin, 1'768'000'000 + day * 24 * kHourInSeconds, 0, 8);
  }
  test::Feed agent = feed();
  store_sent(agent, all);
  EXPECT_THAT(rows(), ElementsAre(Pair(kBerlin, kHourInSeconds), Pair(kBerlin, 2 * kHourInSeconds),
                                  Pair(kBerlin, kHourInSeconds)));
  expect_each_is_right(all);
}

TEST_F(LinacZoneTest, InTheHourThatComesTwiceEachFrameHasItsOwn) {
  for (const bool at_once : {true, false}) {
    linac_ = known_linac(at_once ? "1" : "2");
    const auto all =
        sent_in(kBerlin, kSummerEnds - kHourInSeconds - 10, 0, 4 * 2 * kHourInSeconds + 80);
    test::Feed agent = feed();
    agent.connected();
    if (at_once) {
      store_sent(agent, all);
    } else {
      for (std::size_t at = 0; at < all.size(); at += 500) {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
        store_sent(agent, {begin, begin + std::min<std::ptrdiff_t>(500, all.end() - begin)});
        if (at % 2'000 == 0) {
          const LinacId linac = linac_;
          open_again();
          linac_ = linac;
        }
      }
    }
    EXPECT_THAT(rows(),
                ElementsAre(Pair(kBerlin, 2 * kHourInSeconds), Pair(kBerlin, kHourInSeconds)));
    expect_each_is_right(all);
  }
}

/// Its frames in that hour are as near to the one as to the other.
TEST_F(LinacZoneTest, AClockThatIsHalfAnHourWrongMakesNoMoreRows) {
  const auto all = sent_in(kBerlin, kSummerEnds - kHourInSeconds, 0, 4 * 3 * kHourInSeconds, {},
                           -kHourInSeconds / 2);
  test::Feed agent = feed();
  agent.connected();
  std::mt19937 random(1);
  for (const SentFrame& frame : all) agent.frame(frame.bytes);
  IncomingBatch batch = agent.batch();
  for (std::size_t i = 0; i < all.size(); ++i) {
    batch.entries[i + 1].received_us = all[i].sent_us + random() % 2'000'000;
  }
  ASSERT_TRUE(commit(std::move(batch)));
  EXPECT_EQ(rows().size(), 2U);
}

TEST_F(LinacZoneTest, LateFramesOfAGapOverTheChangeHaveWhatWasInForceThen) {
  const auto all = sent_in(kBerlin, kSummerBegins - 60, 0, 4 * 120);
  const auto part = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return std::vector<SentFrame>{all.begin() + from, all.begin() + to};
  };
  test::Feed agent = feed(1);
  store_sent(agent, part(0, 100) + part(400, 480));
  const auto store_late = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    test::Feed other = feed(next_run_++);
    store_sent(other, part(from, to));
  };
  store_late(300, 350);
  store_late(100, 180);
  open_again();
  store_late(180, 300);
  store_late(350, 400);
  EXPECT_THAT(rows(),
              ElementsAre(Pair(kBerlin, kHourInSeconds), Pair(kBerlin, 2 * kHourInSeconds)));
  expect_each_is_right(all);
}

TEST_F(LinacZoneTest, ABacklogOfBeforeTheFirstFrameHasWhatWasInForceThen) {
  const auto all = sent_in(kBerlin, kSummerBegins - 60, 0, 4 * 120);
  const auto part = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return std::vector<SentFrame>{all.begin() + from, all.begin() + to};
  };
  test::Feed agent = feed(1);
  store_sent(agent, part(300, 480));
  test::Feed other = feed(2);
  store_sent(other, part(200, 300));
  test::Feed third = feed(3);
  store_sent(third, part(0, 200));
  expect_each_is_right(all);
  EXPECT_LE(rows().size(), 3U);
}

TEST_F(LinacZoneTest, AnotherZoneCountsFromTheNextFrameOn) {
  const auto first = sent_in(kBerlin, kSummerBegins - 1'000, 0, 40);
  const auto second = sent_in("Europe/London", kSummerBegins - 900, 40, 80);
  test::Feed agent = feed(1);
  store_sent(agent, std::vector<SentFrame>(first.begin(), first.begin() + 20));
  store_->set_timezone("rccc", "America/New_York");  // another site's
  store_sent(agent, std::vector<SentFrame>(first.begin() + 30, first.end()));
  store_->set_timezone("nbcc", "Europe/London");
  test::Feed other = feed(2);
  store_sent(other, std::vector<SentFrame>(first.begin() + 20, first.begin() + 30));  // late
  store_sent(agent, second);
  EXPECT_THAT(rows(), ElementsAre(Pair(kBerlin, kHourInSeconds), Pair("Europe/London", 0)));
  expect_each_is_right(first + second);
}

TEST_F(LinacZoneTest, WhatNobodyHasSaidAnythingElseOfGoesOnAfterARestart) {
  const auto all = sent_in(kBerlin, kSummerBegins - 5, 0, 40);
  test::Feed agent = feed(1);
  store_sent(agent, std::vector<SentFrame>(all.begin(), all.begin() + 10));
  open_again(std::nullopt);
  store_sent(agent, std::vector<SentFrame>(all.begin() + 10, all.end()));
  EXPECT_THAT(rows(),
              ElementsAre(Pair(kBerlin, kHourInSeconds), Pair(kBerlin, 2 * kHourInSeconds)));
  expect_each_is_right(all);
}

TEST_F(LinacZoneTest, OfAZoneThatThisMachineDoesNotKnowNoOffsetIsSaid) {
  store_->set_timezone("nbcc", "Europe/Nowhere");
  test::Feed agent = feed(1);
  store_sent(agent, sent_in(kBerlin, kSummerBegins - 5, 0, 40));
  EXPECT_THAT(rows(), ElementsAre(Pair("Europe/Nowhere", -1)));
}

/// Agents that listen side by side or one after the other, each with holes, late, and a gateway
/// that is restarted: whatever comes when, each frame has its own.
TEST_F(LinacZoneTest, WhateverComesWhenEachFrameHasItsOwn) {
  std::mt19937 random(2'026);
  const auto any = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (int trial = 0; trial < 30; ++trial) {
    SCOPED_TRACE(trial);
    linac_ = known_linac("n" + std::to_string(trial));
    const LinacId linac = linac_;
    const auto all = sent_in(kBerlin, kSummerBegins - 40, 0, 4 * 80);
    std::vector<std::vector<SentFrame>> pieces;
    for (std::size_t at = 0; at < all.size();) {
      const auto size = std::min<std::size_t>(all.size() - at, 1 + any(39));
      pieces.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                          all.begin() + static_cast<std::ptrdiff_t>(at + size));
      at += size;
    }
    // The first and the last in their turn; of what is between, some come late, in any order.
    std::vector<std::vector<SentFrame>> late;
    test::Feed agent = feed(1);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (any(2) == 0 && i + 1 < pieces.size()) {
        late.push_back(pieces[i]);
      } else {
        store_sent(agent, pieces[i]);
      }
    }
    std::shuffle(late.begin(), late.end(), random);
    std::uint64_t run = 2;
    for (const auto& piece : late) {
      if (any(5) == 0) {
        open_again();
        linac_ = linac;
      }
      test::Feed other = feed(run++);
      store_sent(other, piece);
    }
    expect_each_is_right(all);
    EXPECT_LE(rows().size(), 3U);
  }
}

}  // namespace
}  // namespace icom::store
