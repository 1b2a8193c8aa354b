// Each operation of SQLite on the disk fails in turn, and the power goes after each: a batch is
// stored whole, once, and only then is it said to be; frames, positions, ledger, gaps and records
// agree at any moment.
#include <set>
#include <stdexcept>
#include <utility>

#include "tests/unit/store/store_scenario.hpp"

namespace icom::store {
namespace {

using Vfs = test::FaultingVfs;
using Fault = Vfs::Fault;

class StoreFaults : public test::ScenarioFixture {
 protected:
  /// From now on the disk works. Whether it had failed.
  bool heal() {
    const bool failed = vfs_.failed() > 0;
    vfs_.set_fault(std::nullopt);
    return failed;
  }

  /// Runs `part`, whose failing only the disk may be blamed for; once more if it does fail, then
  /// with a disk that works. What it returns.
  template <typename Part>
  auto in_the_end(Part part) {
    try {
      return part();
    } catch (const std::runtime_error&) {
      met_ = heal();
      EXPECT_TRUE(met_);
      return part();
    }
  }

  /// Sends everything to a disk that fails as told, while the gateway lives on: what is refused is
  /// sent again once the disk works. False if the fault was never met.
  bool everything_arrives(const test::Scenario& scenario, const Fault& fault) {
    vfs_.load(scenario.disk);
    vfs_.set_fault(fault);
    met_ = false;
    {
      const auto store = in_the_end([this] { return open(); });
      std::size_t sent = in_the_end([&] { return send(*store, scenario, 0); });
      while (sent < scenario.batches.size()) {
        met_ = heal() || met_;
        EXPECT_TRUE(met_);
        expect_state(scenario, sent, false);
        const std::size_t more = send(*store, scenario, sent);
        if (more == 0) {
          ADD_FAILURE() << "batch " << sent << " is refused by a disk that works again";
          return true;
        }
        sent += more;
      }
    }
    met_ = heal() || met_;
    const auto again = open();
    expect_state(scenario, scenario.batches.size(), false);
    return met_;
  }

  void every_fault(const test::Scenario& scenario, Fault fault) {
    std::uint64_t met = 0;
    for (fault.operation = 1; !HasFailure(); ++fault.operation) {
      SCOPED_TRACE("operation " + std::to_string(fault.operation));
      if (!everything_arrives(scenario, fault)) break;
      ++met;
    }
    RecordProperty("faults", std::to_string(met));
    EXPECT_GT(met, 50U);
  }

  /// What the files hold, in short.
  std::uint64_t fingerprint() const {
    ByteVector hashes;
    for (const auto& [path, file] : vfs_.save().files) {
      append_little_endian(hashes, content_hash(file->bytes()));
    }
    return content_hash(hashes);
  }

  /// The power goes after each operation in turn; whatever is left of what was not synced.
  void every_power_cut(const test::Scenario& scenario) {
    std::set<std::pair<std::size_t, std::uint64_t>> seen;  // many operations change nothing
    Fault fault{.operation = 1, .bytes_written = 100, .times = Vfs::kForEver};
    for (bool cut = true; cut && !HasFailure(); ++fault.operation) {
      vfs_.load(scenario.disk);
      vfs_.set_fault(fault);
      std::size_t promised = 0;
      try {
        const auto store = open();
        promised = send(*store, scenario, 0);
      } catch (const std::runtime_error&) {
        EXPECT_EQ(promised, 0U);
      }
      cut = heal();
      const auto at_the_cut = vfs_.save();
      for (const auto survival : os::kEverySurvival) {
        SCOPED_TRACE("operation " + std::to_string(fault.operation) +
                     ", survives: " + name_of(survival));
        vfs_.load(at_the_cut);
        vfs_.cut_power(survival);
        if (!seen.emplace(promised, fingerprint()).second) continue;
        const auto store = open();
        linac_of(*store);
        const std::size_t stored = expect_state(scenario, promised, true);
        EXPECT_EQ(send(*store, scenario, stored), scenario.batches.size() - stored);
        expect_state(scenario, scenario.batches.size(), false);
      }
    }
    RecordProperty("operations", std::to_string(fault.operation));
    RecordProperty("disks", std::to_string(seen.size()));
    EXPECT_GT(seen.size(), 50U);
  }

 private:
  bool met_ = false;  ///< the fault
};

TEST_F(StoreFaults, WhicheverOperationFailsOnceEachBatchIsStoredOnceAndWhole) {
  const auto scenario = busy_hour();
  every_fault(scenario, {.bytes_written = 500});
}

TEST_F(StoreFaults, FromWhicheverOperationOnTheDiskFailsForAWhileEachBatchIsStoredOnceAndWhole) {
  const auto scenario = busy_hour();
  every_fault(scenario, {.times = Vfs::kForEver});
}

TEST_F(StoreFaults, WhicheverWriteFillsTheDiskEachBatchIsStoredOnceAndWholeOnceThereIsRoom) {
  const auto scenario = busy_hour();
  every_fault(scenario,
              {.failure = Vfs::Failure::disk_full, .bytes_written = 500, .times = Vfs::kForEver});
}

TEST_F(StoreFaults, WhicheverOperationOfTheFirstStartFailsTheNextStartMakesTheStore) {
  const auto scenario = first_start();
  every_fault(scenario, {.bytes_written = 500});
  every_fault(scenario, {.failure = Vfs::Failure::disk_full, .times = Vfs::kForEver});
}

TEST_F(StoreFaults, WheneverThePowerGoesWhatWasDoneIsThereAndNoHalfBatch) {
  every_power_cut(busy_hour());
}

TEST_F(StoreFaults, WheneverThePowerGoesDuringTheFirstStartTheNextOneMakesTheStore) {
  every_power_cut(first_start());
}

}  // namespace
}  // namespace icom::store
