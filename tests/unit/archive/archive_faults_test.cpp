// Each operation on the archive's folder, and on the databases beside it, fails in turn, and the
// power goes after each: under a record's name there is a whole file or none, and after the next
// start it is there.
#include <spdlog/spdlog.h>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "gateway/archive/archive_index.hpp"
#include "gateway/archive/archivist.hpp"
#include "tests/unit/archive/delivery_frames.hpp"
#include "tests/unit/archive/xz_content.hpp"
#include "tests/unit/os/faulting_file_system.hpp"
#include "tests/unit/store/faulting_vfs.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::archive {
namespace {

using os::FaultingFileSystem;
using test::FaultingVfs;
using test::joined;
using test::operator+;

const std::string kFirstName = "patients/1_A/20260302_080001.xz";
const std::string kLaterName = "patients/1_A/20260302_080003.xz";

/// A record that is to be archived, perhaps once more.
struct Scenario {
  std::string old_name;  ///< empty: it has no file yet
  ByteVector old_file;   ///< compressed
  ByteVector old_frames;
  std::string new_name;
  ByteVector new_frames;
  FaultingVfs::Disk databases;
};

/// What it leaves of what was not synced.
struct PowerCut {
  os::Survival bytes;
  bool names;
};

/// What the archive's folder holds for PyMedPhys: everything but temporary files.
std::vector<std::filesystem::path> record_files(const FaultingFileSystem& files) {
  std::vector<std::filesystem::path> found;
  for (const auto& path : files.all_files()) {
    if (!path.filename().string().starts_with(".")) found.push_back(path);
  }
  return found;
}

class ArchiveFaults : public testing::Test {
 protected:
  ArchiveFaults() {
    spdlog::set_level(spdlog::level::off);  // each fault is logged, as it should be
    std::filesystem::create_directories(archive());
  }

  [[nodiscard]] std::filesystem::path store() const { return temporary_.path() / "store"; }
  [[nodiscard]] std::filesystem::path archive() const { return temporary_.path() / "iCom"; }

  void put_into_store(const std::vector<ByteVector>& frames, std::uint64_t run) {
    store::Store open(store(), test::on_a_quick_machine(), nullptr);
    test::Feed feed(open.linac("nbcc", "4299"), run);
    ASSERT_TRUE(test::commit(open, feed.frames(frames).batch()));
  }

  Scenario new_record() {
    vfs_.load({});
    Scenario scenario;
    const auto record = test::delivery(4, 24, {"1", "A"});
    put_into_store(test::idle(0, 4) + record + test::idle(24, 26), 1);
    scenario.new_name = kFirstName;
    scenario.new_frames = joined(record);
    scenario.databases = vfs_.save();
    return scenario;
  }

  /// One that is read in several steps, and compressed into more than one piece.
  Scenario long_record() {
    vfs_.load({});
    Scenario scenario;
    const auto record = test::delivery(4, 604, {"1", "A"});
    put_into_store(test::idle(0, 4) + record + test::idle(604, 606), 1);
    scenario.new_name = kFirstName;
    scenario.new_frames = joined(record);
    scenario.databases = vfs_.save();
    return scenario;
  }

  /// Eight frames of the record, from number `from` on, came when it had been archived already.
  Scenario late_frames(std::ptrdiff_t from, const std::string& old_name) {
    vfs_.load({});
    Scenario scenario;
    const auto record = test::delivery(4, 24, {"1", "A"});
    const auto begin = record.begin() + from;
    const std::vector<ByteVector> in_time = std::vector<ByteVector>(record.begin(), begin) +
                                            std::vector<ByteVector>(begin + 8, record.end());
    put_into_store(in_time + test::idle(24, 26), 1);
    FaultingFileSystem files;
    run_archivist(files);
    scenario.old_name = old_name;
    scenario.old_file = files.content(archive() / old_name);
    scenario.old_frames = joined(in_time);
    put_into_store({begin, begin + 8}, 2);
    scenario.new_name = kFirstName;
    scenario.new_frames = joined(record);
    scenario.databases = vfs_.save();
    return scenario;
  }
  Scenario late_middle() { return late_frames(8, kFirstName); }
  Scenario late_beginning() { return late_frames(0, kLaterName); }

  void load(const Scenario& scenario, FaultingFileSystem& files) {
    vfs_.set_fault(std::nullopt);
    vfs_.load(scenario.databases);
    if (!scenario.old_name.empty()) files.put(archive() / scenario.old_name, scenario.old_file);
  }

  /// From its start until it has written the record's file, or has failed at something; then the
  /// power goes, if it is to: what the archivist does on its way out comes too late.
  void run_archivist(FaultingFileSystem& files, std::optional<PowerCut> cut = {}) {
    Archivist::Options options;
    options.store_folder = store();
    options.archive_directory = archive();
    options.live = false;
    options.files = &files;
    Archivist archivist(options);
    try {
      archivist.start();
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      while (archivist.status().written == 0 && archivist.status().failures == 0) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        std::this_thread::yield();
      }
    } catch (const std::runtime_error&) {  // its own list cannot be opened
    }
    met_ = vfs_.failed() > 0;
    if (cut) {
      vfs_.set_fault(FaultingVfs::Fault{.operation = 1, .times = FaultingVfs::kForEver});
      files.cut_power(cut->bytes, cut->names);
      vfs_.cut_power(cut->bytes);
    }
  }

  bool is_written() {
    try {
      const auto entry = ArchiveIndex::open_for_reading(store()).value().find(1);
      return entry &&
             entry->revision == store::StoreReader(store()).closed_records(0, 1).at(0).revision;
    } catch (const std::exception&) {  // it had not come to that
      return false;
    }
  }

  /// Files are whole, as they were or as they are to be, whatever has happened.
  void expect_whole_files(const Scenario& scenario, const FaultingFileSystem& files) {
    for (const auto& path : record_files(files)) {
      const ByteVector frames = test::unxz(files.content(path));
      const std::string name = path.lexically_relative(archive()).string();
      EXPECT_TRUE((name == scenario.new_name && frames == scenario.new_frames) ||
                  (name == scenario.old_name && frames == scenario.old_frames))
          << name;
    }
  }

  /// The next start completes it.
  void expect_completed_by_next_start(const Scenario& scenario, FaultingFileSystem& files) {
    if (!is_written()) run_archivist(files);
    EXPECT_TRUE(is_written());
    ASSERT_EQ(record_files(files), std::vector{archive() / scenario.new_name});
    EXPECT_EQ(test::unxz(files.content(archive() / scenario.new_name)), scenario.new_frames);
  }

  /// Runs the archivist once for each operation that can be disturbed: `disturb` does it to the
  /// operation of that number, and `met` tells afterwards whether there was one.
  void every_disturbance(const Scenario& scenario, std::optional<PowerCut> cut,
                         const std::function<void(FaultingFileSystem&, std::uint64_t)>& disturb,
                         const std::function<bool(FaultingFileSystem&, std::uint64_t)>& met) {
    std::uint64_t operation = 1;
    for (bool more = true; more && !HasFailure(); ++operation) {
      SCOPED_TRACE("operation " + std::to_string(operation) +
                   (cut ? std::string(", survives: ") + os::name_of(cut->bytes) +
                              (cut->names ? " and names" : "")
                        : std::string()));
      FaultingFileSystem files;
      load(scenario, files);
      disturb(files, operation);
      run_archivist(files, cut);
      more = met(files, operation);
      files.set_fault(std::nullopt);
      vfs_.set_fault(std::nullopt);
      expect_whole_files(scenario, files);
      expect_completed_by_next_start(scenario, files);
    }
    EXPECT_GT(operation, 6U);
  }

  void every_fault_of_the_folder(const Scenario& scenario, FaultingFileSystem::Fault fault,
                                 std::optional<PowerCut> cut = {}) {
    every_disturbance(
        scenario, cut,
        [&](FaultingFileSystem& files, std::uint64_t operation) {
          fault.operation = operation;
          files.set_fault(fault);
        },
        [](FaultingFileSystem& files, std::uint64_t operation) {
          return files.operations() >= operation;
        });
  }

  void every_fault_of_the_databases(const Scenario& scenario, FaultingVfs::Fault fault,
                                    std::optional<PowerCut> cut = {}) {
    every_disturbance(
        scenario, cut,
        [&](FaultingFileSystem&, std::uint64_t operation) {
          fault.operation = operation;
          vfs_.set_fault(fault);
        },
        [&](FaultingFileSystem&, std::uint64_t) { return met_; });
  }

 private:
  test::TemporaryFolder temporary_;
  FaultingVfs vfs_;
  bool met_ = false;  ///< by the last run: a fault of the databases
};

TEST_F(ArchiveFaults, WhicheverOperationOnTheFolderFailsAFileIsWholeAndTheNextStartWritesIt) {
  for (const auto& scenario : {new_record(), late_middle(), late_beginning()}) {
    for (const int error : {EIO, ENOSPC, EINTR}) {
      every_fault_of_the_folder(scenario, {.error = error, .bytes_written = 40});
    }
  }
  every_fault_of_the_folder(long_record(), {.bytes_written = 40});
}

TEST_F(ArchiveFaults, WhicheverOperationOnTheDatabasesFailsAFileIsWholeAndTheNextStartWritesIt) {
  for (const auto& scenario : {new_record(), late_middle(), late_beginning()}) {
    every_fault_of_the_databases(scenario, {.bytes_written = 100});
    every_fault_of_the_databases(
        scenario, {.failure = FaultingVfs::Failure::disk_full, .times = FaultingVfs::kForEver});
  }
}

TEST_F(ArchiveFaults, WheneverThePowerGoesAFileIsWholeAndTheNextStartWritesIt) {
  for (const auto& scenario : {new_record(), late_middle(), late_beginning()}) {
    for (const auto survival : os::kEverySurvival) {
      for (const bool names_survive : {false, true}) {
        every_fault_of_the_folder(scenario,
                                  {.bytes_written = 40, .times = FaultingFileSystem::kForEver},
                                  PowerCut{survival, names_survive});
      }
    }
  }
}

TEST_F(ArchiveFaults, WheneverThePowerGoesInTheDatabasesAFileIsWholeAndTheNextStartWritesIt) {
  for (const auto& scenario : {new_record(), late_beginning()}) {
    for (const auto& cut :
         {PowerCut{os::Survival::nothing, false}, PowerCut{os::Survival::torn, true},
          PowerCut{os::Survival::everything, true}}) {
      every_fault_of_the_databases(scenario, {.times = FaultingVfs::kForEver}, cut);
    }
  }
}

}  // namespace
}  // namespace icom::archive
