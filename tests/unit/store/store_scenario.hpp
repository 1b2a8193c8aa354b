// A short history of a store on a disk in memory, to be disturbed at every step.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/store/faulting_vfs.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::test {

/// Batches of one Linac, sent one after the other to a store that is on `disk` when it is opened.
struct Scenario {
  FaultingVfs::Disk disk;
  std::vector<std::function<store::IncomingBatch(store::LinacId)>> batches;
  /// All that the tables hold after so many of the batches when nothing goes wrong: a store must
  /// never be in any other state.
  std::vector<std::string> states;
};

/// SQLite's files are in memory, under the paths of a folder that is real: the store's lock is in
/// it.
class ScenarioFixture : public testing::Test {
 protected:
  ScenarioFixture();

  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path(); }
  [[nodiscard]] std::filesystem::path database() const { return folder() / "icom.db"; }
  [[nodiscard]] std::filesystem::path wal() const { return folder() / "icom.db-wal"; }

  /// On an empty disk: two batches of a few frames.
  Scenario first_start();
  /// Frames, a patient, a chunk that is filled, a gap, the late frames that fill it, a replay, junk
  /// and a hole: every table changes. Begins with a tail of 250 frames.
  Scenario busy_hour();

  std::unique_ptr<store::Store> open();
  static store::LinacId linac_of(store::Store& store) { return store.linac("nbcc", "4299"); }
  /// Sends the batches from number `from` on until one is not stored; how many were.
  static std::size_t send(store::Store& store, const Scenario& scenario, std::size_t from);
  /// The store is in this state of the scenario, or, if `or_next`, in the one after it. Returns
  /// which.
  std::size_t expect_state(const Scenario& scenario, std::size_t state, bool or_next);

  FaultingVfs vfs_;

 private:
  Scenario with_states(Scenario scenario);
  TemporaryFolder temporary_;
};

}  // namespace icom::test
