// A record that late frames of other patients cut into many, behind its beginning: what a piece
// writes, counted.
#include <random>

#include "tests/unit/store/built_anew.hpp"
#include "tests/unit/store/log_fixture.hpp"
#include "tests/unit/store/settled_log.hpp"

namespace icom::store {
namespace {

class SplitRecordsTest : public test::LogFixture {
 protected:
  static constexpr RebuildPace kPace{.per_commit = 0, .at_once = 400};
  static constexpr int kMostPieces = 2'000;

  SplitRecordsTest() {
    database_.execute("PRAGMA synchronous = OFF");  // many commits, and no power cut
    open_again(kPace);
  }
  /// As after a crash: nothing is built before.
  void open_again(RebuildPace pace) {
    log_.reset();
    log_.emplace(database_, zstd_, 1, limits_, pace,
                 [] { return std::chrono::steady_clock::time_point(); });
  }
  static ByteVector frame(unsigned n, const std::string& patient, unsigned interlocks = 0) {
    test::FrameSpec spec;
    spec.time = test::time_after(n / 4);
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = test::typical_items(
        patient.empty() ? std::nullopt : std::optional(test::Patient{.id = patient}), n);
    for (unsigned number = 0; number < interlocks; ++number) {
      spec.items.push_back({0x3001, 0x1016, "LO", 'R', "Interlock " + std::to_string(number)});
    }
    return test::build_frame(spec);
  }
  /// All frames are of a patient who stays, but for the last of each `every`: it comes late, with
  /// another one.
  void send_what_cuts_a_record(unsigned frames, unsigned every = 3, unsigned interlocks = 0) {
    test::Feed live(1, 1);
    test::Feed late(1, 2);
    live.connected();
    late.connected().received_at(0);
    for (unsigned n = 0; n < frames; ++n) {
      const bool is_late = n % every == every - 1 && n + 1 < frames;
      (is_late ? late : live)
          .frame(frame(n, is_late ? "late " + std::to_string(n) : "stays", interlocks));
    }
    commit(live.batch());
    commit(late.batch());
  }
  void settle() { test::settle_piece(database_, *log_); }
  void settle_all() { EXPECT_TRUE(test::settle_all_pieces(database_, *log_, kMostPieces)); }
  /// Records, and rows of what belongs to them, that a piece writes at most.
  std::pair<std::int64_t, std::int64_t> most_per_piece() {
    std::pair<std::int64_t, std::int64_t> most;
    for (int pieces = 0; log_->is_unsettled() && pieces < kMostPieces; ++pieces) {
      const std::int64_t records = number("SELECT count(*) FROM record");
      const std::int64_t rows = number(kParts);
      settle();
      most.first = std::max(most.first, number("SELECT count(*) FROM record") - records);
      most.second = std::max(most.second, number(kParts) - rows);
    }
    EXPECT_FALSE(log_->is_unsettled());
    return most;
  }
  void expect_what_the_frames_make() {
    EXPECT_TRUE(test::listed_records(folder_.path(), 1) ==
                test::records_built_anew(folder_.path(), 1));
    EXPECT_LE(number("SELECT count(*) FROM record WHERE next_time IS NULL AND frames > 0"), 1);
  }

  static constexpr const char* kParts =
      "SELECT (SELECT count(*) FROM beam) + (SELECT count(*) FROM interlock)";
};

TEST_F(SplitRecordsTest, APieceWritesABoundedNumberOfRecordsBehindTheBeginningOfTheOpenOne) {
  send_what_cuts_a_record(3'000);
  ASSERT_TRUE(log_->is_unsettled());
  EXPECT_LE(most_per_piece().first, kPace.at_once / 16 + 1);
  EXPECT_EQ(number("SELECT count(*) FROM record"), 1'999);
  expect_what_the_frames_make();
}

TEST_F(SplitRecordsTest, TheirInterlocksAndBeamsCountAsWell) {
  constexpr unsigned kFrames = 40;  // of a record, and its interlocks
  send_what_cuts_a_record(1'600, kFrames + 1, kFrames);
  ASSERT_TRUE(log_->is_unsettled());
  constexpr std::int64_t kRows = kFrames + 1 + 2;  // with its beam, and those of the late one
  constexpr std::int64_t kCost = kFrames + 1 + 2 * 16 + kRows;
  EXPECT_LE(most_per_piece().second, (kPace.at_once / kCost + 1) * kRows);
  expect_what_the_frames_make();
}

TEST_F(SplitRecordsTest, WhatGoesOnIsListedMeanwhileAndGoesOnAfterwards) {
  send_what_cuts_a_record(900);
  settle();
  ASSERT_TRUE(log_->is_unsettled());
  EXPECT_EQ(number("SELECT count(*) FROM record WHERE next_time IS NULL"), 1);
  test::Feed live(1, 3);
  commit(live.frame(frame(900, "stays")).batch());
  settle_all();
  expect_what_the_frames_make();
  commit(live.frame(frame(901, "stays")).frame(frame(902, "")).batch());
  EXPECT_EQ(number("SELECT count(*) FROM record WHERE next_time IS NULL"), 0);
  expect_what_the_frames_make();
}

TEST_F(SplitRecordsTest, ACrashBetweenAnyTwoPiecesForgetsNothing) {
  send_what_cuts_a_record(900, 3, 2);
  test::Feed live(1, 3);
  unsigned next = 900;
  for (int pieces = 0; log_->is_unsettled() && pieces < kMostPieces; ++pieces) {
    settle();
    open_again(kPace);
    commit(live.frame(frame(next, next % 4 == 0 ? "" : "stays")).batch());
    ++next;
  }
  ASSERT_FALSE(log_->is_unsettled());
  EXPECT_GT(next, 910U);
  expect_what_the_frames_make();
}

TEST_F(SplitRecordsTest, RecordsAreWhatTheirFramesMakeWhateverComesLateAndWheneverItStops) {
  open_again({.per_commit = 2, .at_once = 40});
  unsigned begin = 0;
  for (unsigned seed = 1; seed <= 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
    const unsigned end = begin + 100 + below(200);
    std::vector<unsigned> late;
    test::Feed live(1, 1'000 + seed);
    for (unsigned n = begin; n < end; ++n) {
      if (n > begin && below(3) == 0) {
        late.push_back(n);
      } else {
        live.frame(frame(n, below(40) == 0 ? "" : "stays"));
      }
    }
    commit(live.batch());
    while (!late.empty()) {
      test::Feed feed(1, 2'000 + 1'000 * seed + static_cast<unsigned>(late.size()));
      feed.received_at(0);
      for (unsigned more = 1 + below(20); more > 0 && !late.empty(); --more) {
        const auto at = late.begin() +
                        (below(4) == 0 ? static_cast<std::ptrdiff_t>(random() % late.size()) : 0);
        feed.frame(frame(*at, below(3) == 0 ? "stays" : below(4) == 0 ? "" : "late"));
        late.erase(at);
      }
      commit(feed.batch());
      if (below(2) == 0) settle();
      if (below(5) == 0) open_again({.per_commit = 2, .at_once = 40});
    }
    if (below(2) == 0) {
      settle_all();
      expect_what_the_frames_make();
    }
    begin = end;
  }
  settle_all();
  expect_what_the_frames_make();
}

}  // namespace
}  // namespace icom::store
