#include "tests/simulator/day_script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "common/icom/values.hpp"
#include "tests/simulator/frame_builder.hpp"

namespace icom::simulator {
namespace {

constexpr int kLongDay = 30'000;  // frames: two hours at 4 Hz

DayOptions day(std::uint64_t seed) {
  DayOptions options;
  options.seed = seed;
  return options;
}

// Calls see(before, now) for each pair of neighbouring frames.
template <typename See>
void watch(const DayOptions& options, int frames, See see) {
  DayScript script(options);
  MachineState before = script.next();
  for (int i = 1; i < frames; ++i) {
    const MachineState now = script.next();
    see(before, now);
    if (testing::Test::HasFatalFailure()) return;
    before = now;
  }
}

bool same_beam(const MachineState& a, const MachineState& b) {
  return a.visit == b.visit && a.selection && b.selection &&
         a.selection->field_id == b.selection->field_id;
}

// A day as the bytes that it becomes.
std::vector<ByteVector> frames_of(const DayOptions& options, int count) {
  DayScript script(options);
  std::vector<ByteVector> frames;
  frames.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    frames.push_back(build_frame({"2026-03-0208:00:00", 0}, "1", script.next(), {}));
  return frames;
}

TEST(DayScript, SameSeedGivesTheSameDay) {
  EXPECT_EQ(frames_of(day(7), 2000), frames_of(day(7), 2000));
}

TEST(DayScript, OtherSeedGivesAnotherDay) {
  EXPECT_NE(frames_of(day(7), 200), frames_of(day(8), 200));
}

TEST(DayScript, StartsWithNoPatient) {
  DayScript script(day(1));
  for (int i = 0; i < DayOptions().idle_frames; ++i) EXPECT_FALSE(script.next().selection) << i;
  EXPECT_TRUE(script.next().selection);
}

TEST(DayScript, MuNeverFallWithinABeamAndStartAtZero) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    watch(day(seed), kLongDay, [](const MachineState& before, const MachineState& now) {
      if (same_beam(before, now)) {
        ASSERT_GE(now.delivery_mu, before.delivery_mu);
      } else {
        ASSERT_EQ(now.delivery_mu, 0);
      }
      ASSERT_LE(now.delivery_mu, now.total_mu);
      ASSERT_GE(now.segment_mu, 0);
      ASSERT_LE(now.segment_mu, now.delivery_mu);
    });
  }
}

TEST(DayScript, FinishedBeamHasDeliveredItsPrescription) {
  watch(day(3), kLongDay, [](const MachineState&, const MachineState& now) {
    if (now.state == LinacState::field_terminated) {
      ASSERT_EQ(now.delivery_mu, now.total_mu);
    }
  });
}

TEST(DayScript, NothingIsDeliveredWithoutAPatient) {
  watch(day(2), kLongDay, [](const MachineState&, const MachineState& now) {
    if (!now.selection) {
      ASSERT_EQ(now.delivery_mu, 0);
    }
  });
}

TEST(DayScript, LeavesStandStillWhileASegmentIsIrradiatedAndMoveBetweenSegments) {
  int still = 0;
  int moved = 0;
  watch(day(4), kLongDay, [&](const MachineState& before, const MachineState& now) {
    if (!same_beam(before, now) || now.selection->beam_description != "Step and Shoot") return;
    if (now.delivery_mu > before.delivery_mu && now.segment == before.segment) {
      ASSERT_EQ(now.leaves_run, before.leaves_run);
      ++still;
    } else if (now.state == LinacState::segment_pause &&
               before.state == LinacState::segment_pause) {
      if (now.leaves_run != before.leaves_run) ++moved;
      ASSERT_EQ(now.delivery_mu, before.delivery_mu);
    }
  });
  EXPECT_GT(still, 100);
  EXPECT_GT(moved, 100);
}

TEST(DayScript, EveryLeafAndTheGantryMoveInEveryFrameOfAnArc) {
  int frames = 0;
  watch(day(4), kLongDay, [&](const MachineState& before, const MachineState& now) {
    const bool arc = same_beam(before, now) && now.selection->beam_description == "VMAT";
    if (!arc || now.state != LinacState::segment_irradiate) return;
    ++frames;
    ASSERT_NE(now.gantry, before.gantry);
    for (std::size_t leaf = 0; leaf < kLeaves; ++leaf)
      ASSERT_NE(now.leaves_run[leaf], before.leaves_run[leaf]) << leaf;
    ASSERT_TRUE(now.dose_rate);
  });
  EXPECT_GT(frames, 1000);
}

// Readers in the field take Y1 = -10 ASYMY[0] and Y2 = 10 ASYMY[1], in millimetres, and the first
// of 80 pairs of 5 mm as the lowest.
TEST(DayScript, OpenPairsOfLeavesLieBetweenTheJaws) {
  constexpr double kLeafWidth = 5;
  constexpr double kClosedGap = 0.45;  // cm
  int open_pairs = 0;
  for (const ByteVector& frame : frames_of(day(3), 6'000)) {
    const FrameValues values = values_of(frame);
    const auto block = [&](std::string_view label) -> const PositionBlock& {
      const auto found = std::ranges::find_if(values.positions, [&](const PositionBlock& one) {
        return one.label == label && one.part == 'R';
      });
      EXPECT_NE(found, values.positions.end());
      return *found;
    };
    const PositionBlock& jaws = block("ASYMY");
    const double y1 = -10 * jaws.centimetres.at(0).value();
    const double y2 = 10 * jaws.centimetres.at(1).value();
    ASSERT_LT(y1, y2);
    const PositionBlock& leaves = block("MLCX");
    for (std::size_t pair = 0; pair < 80; ++pair) {
      const double gap =
          leaves.centimetres.at(2 * pair + 1).value() - leaves.centimetres.at(2 * pair).value();
      if (gap < kClosedGap) continue;
      ++open_pairs;
      const double low = (static_cast<double>(pair) - 40) * kLeafWidth;
      ASSERT_GE(low, y1);
      ASSERT_LE(low + kLeafWidth, y2);
    }
  }
  EXPECT_GT(open_pairs, 10'000);
}

TEST(DayScript, GantryStaysWithinItsRangeAndSometimesPasses180) {
  bool passed = false;
  watch(day(5), kLongDay, [&](const MachineState& before, const MachineState& now) {
    ASSERT_GE(now.gantry, -1800);
    ASSERT_LE(now.gantry, 1799);
    if (before.gantry > 1700 && now.gantry < -1700) passed = true;
    if (before.gantry < -1700 && now.gantry > 1700) passed = true;
  });
  EXPECT_TRUE(passed);
}

TEST(DayScript, InterlocksComeAndHoldTheBeam) {
  int held = 0;
  watch(day(6), kLongDay, [&](const MachineState& before, const MachineState& now) {
    if (now.state != LinacState::segment_interrupted) return;
    ++held;
    ASSERT_EQ(now.interlocks.size(), 2U);
    ASSERT_EQ(now.delivery_mu, before.delivery_mu);
  });
  EXPECT_GT(held, 10);
}

TEST(DayScript, DayHoldsEveryKindOfVisit) {
  std::set<std::string> ids;
  std::map<int, Tenths> most_mu;
  std::set<std::string> fields;
  bool service = false;
  bool ten_characters = false;
  bool no_gap = false;
  bool sentinels = false;
  watch(day(1), 4 * kLongDay, [&](const MachineState& before, const MachineState& now) {
    if (!now.selection) return;
    auto& most = most_mu[now.visit];
    most = std::max(most, now.delivery_mu);
    fields.insert(now.selection->field_id);
    service |= now.mode == FunctionMode::service;
    ten_characters |= now.selection->patient_id.size() == 10;
    no_gap |= before.selection && before.visit != now.visit;
    sentinels |= now.sentinels_first;
  });
  int set_up_only = 0;
  for (const auto& [visit, mu] : most_mu) set_up_only += mu == 0 ? 1 : 0;
  EXPECT_GT(set_up_only, 1);
  EXPECT_LT(set_up_only, static_cast<int>(most_mu.size()) / 2);
  EXPECT_TRUE(service);
  EXPECT_TRUE(ten_characters);
  EXPECT_TRUE(no_gap);
  EXPECT_TRUE(sentinels);
  EXPECT_TRUE(fields.contains("1-1"));
  EXPECT_TRUE(fields.contains("1-2"));
}

TEST(DayScript, PatientsWithoutAGapBetweenThemAreNeverTheSame) {
  for (const bool hostile : {false, true}) {
    DayOptions options = day(9);
    options.hostile_names = hostile;
    options.idle_frames = 0;
    options.beam_frames = 5;
    options.beams = 1;
    watch(options, kLongDay, [](const MachineState& before, const MachineState& now) {
      if (!before.selection || !now.selection || before.visit == now.visit) return;
      ASSERT_NE(before.selection->patient_id, now.selection->patient_id);
    });
  }
}

TEST(DayScript, DeliveriesAreCountedAndThenTheDayIsIdle) {
  for (std::uint64_t wanted = 1; wanted <= 12; ++wanted) {
    DayOptions options = day(3);
    options.deliveries = wanted;
    options.beam_frames = 10;
    options.beams = 2;
    DayScript script(options);
    std::set<int> delivered;
    int idle = 0;
    for (int i = 0; i < 20'000 && idle < 50; ++i) {
      const MachineState& now = script.next();
      if (now.delivery_mu > 0) delivered.insert(now.visit);
      if (script.idle_frames_since_end() > 0) ++idle;
      if (idle > 0) {
        ASSERT_FALSE(now.selection);
      }
    }
    EXPECT_EQ(idle, 50);
    EXPECT_EQ(delivered.size(), wanted);
    EXPECT_EQ(script.deliveries(), wanted);
  }
}

TEST(DayScript, AnyNumberOfBeamFramesIsPossible) {
  for (int frames = 1; frames <= 60; ++frames) {
    DayOptions options = day(static_cast<std::uint64_t>(frames));
    options.beam_frames = frames;
    options.beams = 3;
    options.idle_frames = 2;
    std::map<std::pair<int, std::string>, int> rises;
    watch(options, 3000, [&](const MachineState& before, const MachineState& now) {
      if (now.delivery_mu > before.delivery_mu) ++rises[{now.visit, now.selection->field_id}];
    });
    ASSERT_GT(rises.size(), 3U);
    rises.erase(std::prev(rises.end()));  // may have been cut off by the end of the test
    for (const auto& [beam, count] : rises)
      ASSERT_EQ(count, frames) << beam.first << ' ' << beam.second;
  }
}

}  // namespace
}  // namespace icom::simulator
