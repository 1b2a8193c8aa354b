// The store's files are moved, removed or replaced while it has them open.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "gateway/store/store_place.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

namespace fs = std::filesystem;
using test::message;
using test::messages;
using testing::HasSubstr;

class TakenAway : public test::StoreFixture {
 protected:
  void SetUp() override {
    open_quickly();
    ASSERT_TRUE(commit(feed(7).frames(messages(0, 10)).batch()));
  }
  /// A store that looks at its place every few milliseconds.
  void open_quickly() {
    store::Store::Options options = test::on_a_quick_machine();
    options.idle_after = std::chrono::milliseconds(5);
    store_ = std::make_unique<Store>(folder(), options, nullptr);
    linac_ = known_linac("4299");
  }
  [[nodiscard]] fs::path away() const { return temporary_.path() / "away"; }
  [[nodiscard]] fs::path database() const { return folder() / "icom.db"; }

  [[nodiscard]] IncomingBatch next_batch() const {
    return feed(7).from_seq(11).frames(messages(10, 20)).batch();
  }
  /// Nothing is acknowledged, nor told as stored.
  void expect_nothing_is_taken() {
    EXPECT_FALSE(commit(next_batch()));
    EXPECT_FALSE(store_->is_in_place());
    EXPECT_THROW((void)store_->stored_position(linac_, 7), StoreAway);
  }
  /// What was not acknowledged comes again, and is there once.
  void expect_it_goes_on() {
    const StoredPosition position = store_->stored_position(linac_, 7);
    EXPECT_THAT(position.seq, testing::AnyOf(10U, 20U));
    EXPECT_TRUE(commit(next_batch()));
    EXPECT_TRUE(store_->is_in_place());
    EXPECT_EQ(store_->stored_position(linac_, 7).seq, 20U);
    EXPECT_TRUE(test::same_frames(stored(), messages(0, 20)));
    EXPECT_EQ(ledger().counts.duplicates, 0);
  }
  bool wants_to_end() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (store_->why_to_end().empty() && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return !store_->why_to_end().empty();
  }
  void expect_it_waits() {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(store_->why_to_end(), "");
  }
  /// As the operator does who copies what the process still has open.
  static void copy_open_file(const std::string& name, const fs::path& to) {
    for (const auto& one : fs::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = fs::read_symlink(one.path(), gone).string();
      if (!target.ends_with(name + " (deleted)")) continue;
      fs::copy_file(one.path(), to, fs::copy_options::overwrite_existing);
      return;
    }
    FAIL() << name << " is not open any more";
  }
};

TEST_F(TakenAway, AFolderThatIsMovedAndComesBack) {
  for (int times = 0; times < 3; ++times) {
    fs::rename(folder(), away());
    expect_nothing_is_taken();
    expect_it_waits();
    fs::rename(away(), folder());
    expect_it_goes_on();
  }
  reopen();
  EXPECT_TRUE(test::same_frames(stored(), messages(0, 20)));
}

TEST_F(TakenAway, AParentOfItsFolderThatIsMoved) {
  store_.reset();
  const fs::path outer = temporary_.path() / "outer";
  fs::create_directory(outer);
  fs::rename(folder(), outer / "store");
  fs::create_directory_symlink(outer / "store", folder());
  open_quickly();
  EXPECT_TRUE(store_->is_in_place()) << "through a symbolic link";
  fs::rename(outer, away());
  expect_nothing_is_taken();
  fs::rename(away(), outer);
  expect_it_goes_on();
}

TEST_F(TakenAway, AFolderThatIsRemovedLeavesItsLastCopyWithTheProcess) {
  fs::remove_all(folder());
  expect_nothing_is_taken();
  expect_it_waits();
  EXPECT_FALSE(fs::exists(folder())) << "nothing is made anew";
  fs::create_directory(folder());
  copy_open_file("icom.db", database());
  store_.reset();
  EXPECT_FALSE(fs::exists(database().string() + "-wal"));
  open_quickly();
  expect_it_goes_on();
}

TEST_F(TakenAway, WhatWasCommittedAsItWasTakenAwayIsNotAcknowledged) {
  // The store's clock is asked within the transaction: then it is taken away.
  store_.reset();
  std::atomic<bool> take = false;
  Store::Options options;
  options.idle_after = std::chrono::hours(1);
  options.clock = [&] {
    if (take.exchange(false)) fs::rename(folder(), away());
    return std::chrono::steady_clock::time_point();
  };
  store_ = std::make_unique<Store>(folder(), options, nullptr);
  linac_ = known_linac("4299");
  IncomingBatch batch = next_batch();
  take = true;
  EXPECT_FALSE(commit(std::move(batch)));
  EXPECT_THROW((void)store_->stored_position(linac_, 7), StoreAway);
  fs::rename(away(), folder());
  EXPECT_EQ(store_->stored_position(linac_, 7).seq, 20U) << "it is there, and comes no second time";
  expect_it_goes_on();
  store_.reset();  // it asks the clock of this test
}

TEST_F(TakenAway, AFolderInWhosePlaceACopyIs) {
  fs::copy(folder(), temporary_.path() / "backup");
  fs::rename(folder(), away());
  fs::rename(temporary_.path() / "backup", folder());
  const auto wal = fs::file_size(database().string() + "-wal");
  expect_nothing_is_taken();
  EXPECT_TRUE(wants_to_end());
  store_.reset();
  EXPECT_EQ(fs::file_size(database().string() + "-wal"), wal) << "the other store's is left alone";
  open_quickly();
  expect_it_goes_on();
  EXPECT_TRUE(test::same_frames(test::stored_frames(away(), linac_), messages(0, 10)));
}

TEST_F(TakenAway, ADatabaseThatIsPutAsideForABackup) {
  fs::copy_file(database(), temporary_.path() / "backup.db");  // of when it held no frames
  fs::rename(database(), folder() / "icom.db.before");
  fs::copy_file(temporary_.path() / "backup.db", database());
  expect_nothing_is_taken();
  EXPECT_TRUE(wants_to_end());
  EXPECT_EQ(fs::file_size(database().string() + "-wal"), 0U)
      << "it is the other database's, and must not be taken for the backup's";
  store_.reset();
  fs::create_directory(away());
  fs::rename(folder() / "icom.db.before", away() / "icom.db");
  EXPECT_TRUE(test::same_frames(test::stored_frames(away(), linac_), messages(0, 10)));
}

TEST_F(TakenAway, NoLinacIsRegisteredBesideAnotherDatabase) {
  fs::copy_file(database(), temporary_.path() / "backup.db");
  fs::rename(temporary_.path() / "backup.db", database());
  expect_nothing_is_taken();
  EXPECT_THROW((void)store_->linac("nbcc", "new"), StoreAway);
  store_.reset();
  EXPECT_EQ(fs::file_size(database().string() + "-wal"), 0U);
}

TEST_F(TakenAway, AWalThatCannotBeEmptiedIsNotLeftBesideAnotherDatabase) {
  Database reading(database(), Database::Access::read_only);
  const Transaction snapshot(reading, Transaction::Kind::read);
  Query query(reading, "SELECT COUNT(*) FROM linac");
  ASSERT_TRUE(query.step());
  ASSERT_TRUE(commit(next_batch()));
  fs::copy_file(database(), temporary_.path() / "backup.db");
  fs::rename(database(), folder() / "icom.db.before");
  fs::rename(temporary_.path() / "backup.db", database());
  store_.reset();
  EXPECT_FALSE(fs::exists(database().string() + "-wal"));
  fs::create_directory(away());
  fs::copy_file(folder() / "icom.db.before", away() / "icom.db");
  for (const auto& one : fs::directory_iterator(folder())) {
    if (one.path().filename().string().starts_with("icom.db-wal.of-process-")) {
      fs::copy_file(one.path(), away() / "icom.db-wal");
    }
  }
  EXPECT_TRUE(test::same_frames(test::stored_frames(away(), linac_), messages(0, 20)));
}

TEST_F(TakenAway, ADatabaseFileThatIsRemovedAlone) {
  fs::remove(database());
  expect_nothing_is_taken();
  expect_it_waits();
  copy_open_file("icom.db", database());
  expect_nothing_is_taken();
  expect_it_waits();
  store_.reset();
  open_quickly();
  expect_it_goes_on();
}

TEST_F(TakenAway, AWalThatIsRemovedIsMovedIntoTheDatabaseAndTheStoreIsToBeOpenedAnew) {
  fs::remove(database().string() + "-wal");
  expect_nothing_is_taken();
  EXPECT_TRUE(wants_to_end());
  EXPECT_THAT(store_->why_to_end(), HasSubstr("icom.db-wal was removed"));
  store_.reset();
  open_quickly();
  expect_it_goes_on();
}

TEST_F(TakenAway, AnotherWalIsNotTakenForItsOwn) {
  fs::rename(database().string() + "-wal", away());
  fs::copy_file(away(), database().string() + "-wal");
  expect_nothing_is_taken();
  expect_it_waits();
  store_.reset();
  fs::remove(database().string() + "-wal");
  open_quickly();
  expect_it_goes_on();
}

}  // namespace
}  // namespace icom::store
