#include "gateway/archive/archivist.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "gateway/archive/archive_index.hpp"
#include "gateway/archive/archive_name.hpp"
#include "gateway/archive/unwritten_records.hpp"
#include "tests/unit/archive/delivery_frames.hpp"
#include "tests/unit/archive/watched_files.hpp"
#include "tests/unit/archive/xz_content.hpp"
#include "tests/unit/os/faulting_file_system.hpp"
#include "tests/unit/os/odd_files.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::archive {
namespace {

using test::joined;
using test::unxz;
using test::operator+;

ByteVector file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Bytes bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

class ArchivistTest : public test::StoreFixture {
 protected:
  void SetUp() override { begin(); }
  void TearDown() override { end(); }

  void begin(bool live = false) {
    archivist_ = std::make_unique<Archivist>(options(live));
    open(archivist_.get());
    archivist_->start();
  }
  [[nodiscard]] Archivist::Options options(bool live = false) const {
    Archivist::Options options;
    options.store_folder = folder();
    options.archive_directory = archive();
    options.live = live;
    options.hosts = {{{"nbcc", "4299"}, "192.168.17.40"}};
    return options;
  }
  void end() {
    store_.reset();
    archivist_.reset();
  }

  [[nodiscard]] std::filesystem::path archive() const { return temporary_.path() / "iCom"; }

  template <typename Condition>
  void wait_until(Condition condition, const char* what) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what;
      std::this_thread::yield();
    }
  }
  void wait_written(std::uint64_t records) {
    wait_until([&] { return archivist_->status().written >= records; }, "a record's file");
  }

  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    if (!std::filesystem::exists(archive())) return found;  // the thread makes it
    for (const auto& entry : std::filesystem::recursive_directory_iterator(archive())) {
      if (entry.is_regular_file()) {
        found.push_back(entry.path().lexically_relative(archive()).string());
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::unique_ptr<Archivist> archivist_;
  int odd_names_ = 0;
};

TEST_F(ArchivistTest, ARecordBecomesTheFileThatPyMedPhysLooksFor) {
  const auto record = test::delivery(4, 24, {"100234", "BANKSIA, Rose"});
  store_all(test::idle(0, 4) + record + test::idle(24, 26));
  wait_written(1);
  const std::string expected = "patients/100234_BANKSIA, Rose/20260302_080001.xz";
  ASSERT_EQ(files(), std::vector<std::string>{expected});
  EXPECT_EQ(unxz(file_bytes(archive() / expected)), joined(record));
  const auto index = ArchiveIndex::open_for_reading(folder());
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(ArchiveIndex::open_for_reading(folder())->written_file(1), expected);
}

TEST_F(ArchivistTest, ARecordWithoutDeliveredMuGetsNoFile) {
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}, {.mu_per_frame = 0}) +
            test::idle(24, 28) + test::delivery(28, 40, {"2", "B"}) + test::idle(40, 41));
  wait_written(1);
  EXPECT_EQ(files(), std::vector<std::string>{"patients/2_B/20260302_080007.xz"});
}

TEST_F(ArchivistTest, ARecordThatCannotBeReadAsADeliveryIsSetApart) {
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}, {.leaves = 80}) +
            test::idle(24, 26));
  wait_written(1);
  EXPECT_EQ(files(),
            std::vector<std::string>{"patients/unknown_error_in_record/1_A/20260302_080001.xz"});
}

TEST_F(ArchivistTest, WhatPyMedPhysCannotReadIsSetApart) {
  std::vector<std::string> expected;
  std::uint64_t n = 0;
  const auto archive_one = [&](const std::string& id, const test::DeliveryShape& shape,
                               const std::string& file) {
    test::Feed other(store_->linac("nbcc", id), 1);
    ASSERT_TRUE(
        commit(other.frames(test::delivery(4, 24, {id, "A"}, shape) + test::idle(24, 26)).batch()));
    wait_written(++n);
    expected.push_back(file);
  };
  const std::string apart = "patients/unknown_error_in_record/";
  archive_one("exponent", {.mu = "1.90E+01"}, apart + "exponent_A/20260302_080001.xz");
  archive_one("text", {.mu = "19.0 MU"}, apart + "text_A/20260302_080001.xz");
  archive_one("ten", {.mu = "19.0000000"}, apart + "ten_A/20260302_080001.xz");
  archive_one("date", {.field = "2026-03-0207:00:00"}, apart + "date_A/20260302_080001.xz");
  archive_one("zero", {.date = "0000-00-00"}, apart + "zero_A/00010101_000000.xz");
  archive_one("late", {.date = "9999-99-99"}, apart + "late_A/99991231_000000.xz");
  archive_one("old", {.date = "1677-12-31"}, apart + "old_A/16771231_080001.xz");
  archive_one("first", {.date = "1678-01-01"}, "patients/first_A/16780101_080001.xz");
  archive_one("sentinel", {.mu = "-5"}, "patients/sentinel_A/20260302_080001.xz");
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(files(), expected);
}

TEST_F(ArchivistTest, HostileNamesStayInsideTheArchive) {
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"../../x", "../../../etc/y"}) +
            test::idle(24, 26));
  wait_written(1);
  ASSERT_EQ(files().size(), 1U);
  EXPECT_TRUE(files()[0].starts_with("patients/"));
  for (const auto& entry : std::filesystem::directory_iterator(temporary_.path())) {
    const auto name = entry.path().filename();
    EXPECT_TRUE(name == "store" || name == "iCom") << name;
  }
}

TEST_F(ArchivistTest, TwoLinacsWithThePatientInTheSameSecondGetTwoFiles) {
  const auto stream =
      test::idle(0, 4) + test::delivery(4, 24, {"WLutz", "QA"}) + test::idle(24, 26);
  store_all(stream);
  wait_written(1);
  test::Feed other(store_->linac("nbcc", "9183"), 1);
  ASSERT_TRUE(commit(other.frames(stream).batch()));
  wait_written(2);
  const std::vector<std::string> expected{"patients/WLutz_QA/20260302_080001.xz",
                                          "patients/WLutz_QA/20260302_080002.xz"};
  EXPECT_EQ(files(), expected);
}

TEST_F(ArchivistTest, AFileThatIsNotOursIsNotWrittenOver) {
  const auto file = archive() / "patients/1_A/20260302_080001.xz";
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << "somebody else's";
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}) + test::idle(24, 26));
  wait_written(1);
  EXPECT_EQ(as_text(file_bytes(file)), "somebody else's");
  EXPECT_EQ(files().size(), 2U);
}

TEST_F(ArchivistTest, LateFramesAreWrittenIntoTheSameFile) {
  const auto record = test::delivery(4, 24, {"1", "A"});
  std::vector<ByteVector> first(record.begin(), record.begin() + 8);
  const std::vector<ByteVector> late(record.begin() + 8, record.begin() + 12);
  first.insert(first.end(), record.begin() + 12, record.end());
  store_all(test::idle(0, 4) + first + test::idle(24, 26));
  wait_written(1);
  store_all(late);
  wait_written(2);
  ASSERT_EQ(files(), std::vector<std::string>{"patients/1_A/20260302_080001.xz"});
  EXPECT_EQ(unxz(file_bytes(archive() / files()[0])), joined(record));
}

TEST_F(ArchivistTest, ARecordWhoseBeginningComesLateMovesToItsNewName) {
  const auto record = test::delivery(4, 24, {"1", "A"});
  store_all(std::vector<ByteVector>(record.begin() + 8, record.end()) + test::idle(24, 26));
  wait_written(1);
  ASSERT_EQ(files(), std::vector<std::string>{"patients/1_A/20260302_080003.xz"});
  store_all(std::vector<ByteVector>(record.begin(), record.begin() + 8));
  wait_written(2);
  wait_until([&] { return files().size() == 1; }, "the old file to go");
  EXPECT_EQ(files(), std::vector<std::string>{"patients/1_A/20260302_080001.xz"});
  EXPECT_EQ(unxz(file_bytes(archive() / files()[0])), joined(record));
}

TEST_F(ArchivistTest, WhatWasNotWrittenBeforeARestartIsWrittenAfterIt) {
  archivist_->stop();
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}) + test::idle(24, 26));
  EXPECT_TRUE(files().empty());
  end();
  begin();
  wait_written(1);
  EXPECT_EQ(files().size(), 1U);
  end();
  begin();  // and not once more
  store_all(test::delivery(40, 60, {"2", "B"}) + test::idle(60, 61));
  wait_written(1);
  EXPECT_EQ(archivist_->status().written, 1U);
}

TEST_F(ArchivistTest, AListThatIsDamagedIsSetAsideMadeAgainAndFilesAreAdopted) {
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}) + test::idle(24, 26));
  wait_written(1);
  end();
  const auto index = folder() / "archive.db";
  const auto size = std::filesystem::file_size(index);
  ASSERT_GT(size, 4096U);
  // Its beginning, its middle, the end of a page, where the rows are, and all of it.
  for (const auto& [from, count] : std::vector<std::pair<std::uintmax_t, std::uintmax_t>>{
           {0, 100}, {size / 2, size / 4}, {2 * 4096 - 100, 100}, {0, size}}) {
    SCOPED_TRACE(from);
    {
      std::fstream file(index, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(from));
      file << std::string(count, 'x');
    }
    begin();
    wait_written(1);
    EXPECT_EQ(files(), std::vector<std::string>{"patients/1_A/20260302_080001.xz"});
    EXPECT_TRUE(std::filesystem::exists(folder() / "archive.db.damaged"));
    std::filesystem::remove(folder() / "archive.db.damaged");
    end();
  }
  begin();
}

TEST_F(ArchivistTest, AShareThatIsAwayDelaysTheFilesOnly) {
  const auto away = temporary_.path() / "away";
  wait_until([&] { return std::filesystem::exists(archive()); }, "the archive's directory");
  std::filesystem::rename(archive(), away);
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}) + test::idle(24, 26));
  wait_until([&] { return archivist_->status().failures > 0; }, "an attempt");
  EXPECT_FALSE(std::filesystem::exists(archive()));
  EXPECT_EQ(archivist_->status().pending, 1U);
  EXPECT_EQ(archivist_->status().last_error.find("1_A"), std::string::npos);
  std::filesystem::rename(away, archive());
  wait_written(1);
  EXPECT_EQ(files().size(), 1U);
  wait_until([&] { return archivist_->status().last_error.empty(); }, "the error to go");
}

TEST_F(ArchivistTest, AShareThatDoesNotAnswerHoldsUpNeitherTheStoreNorAStartNorAStop) {
  end();
  os::FaultingFileSystem share;
  std::filesystem::create_directories(archive());  // of which the thread asks the system, too
  share.hold_appends(true);
  Archivist::Options hanging = options(true);
  hanging.files = &share;
  archivist_ = std::make_unique<Archivist>(hanging);
  open(archivist_.get());
  archivist_->start();
  const auto record = test::delivery(4, 24, {"1", "A"});
  store_all(test::idle(0, 4) + record + test::idle(24, 26));
  wait_until([&] { return share.appends_held() == 2; }, "both threads to hang");
  store_all(test::idle(26, 40));  // which is committed all the same
  EXPECT_FALSE(archivist_->stop(std::chrono::milliseconds(1)));
  share.hold_appends(false);
  EXPECT_TRUE(archivist_->stop(std::chrono::seconds(30)));
  EXPECT_EQ(unxz(share.content(archive() / "patients/1_A/20260302_080001.xz")), joined(record));
  end();
  begin();
}

TEST_F(ArchivistTest, SpecialFilesAndLinksInItsWayAreLeftAndOpenNothing) {
  end();
  const auto folder = archive() / "patients/1_A";
  std::filesystem::create_directories(folder);
  for (const auto& odd : os::make_odd_files(folder)) {
    std::filesystem::rename(odd.path,
                            folder / ("20260302_08000" + std::to_string(odd_names_++) + ".xz"));
  }
  const auto before = odd_names_;
  begin();
  store_all(test::idle(0, 0) + test::delivery(0, 20, {"1", "A"}) + test::idle(20, 22));
  wait_written(1);
  const auto file = folder / ("20260302_08000" + std::to_string(before) + ".xz");
  EXPECT_EQ(os::kind_of(file), static_cast<mode_t>(S_IFREG));
  for (int i = 0; i < before; ++i) {
    EXPECT_NE(os::kind_of(folder / ("20260302_08000" + std::to_string(i) + ".xz")),
              static_cast<mode_t>(S_IFREG))
        << i;
  }
}

TEST_F(ArchivistTest, AFolderThatIsALinkIsNotWrittenIntoAndHoldsUpNoOther) {
  end();
  const auto elsewhere = temporary_.path() / "elsewhere";
  std::filesystem::create_directories(elsewhere);
  std::filesystem::create_directories(archive() / "patients");
  std::filesystem::create_directory_symlink(elsewhere, archive() / "patients/1_A");
  begin();
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}) + test::idle(24, 28) +
            test::delivery(28, 40, {"2", "B"}) + test::idle(40, 41));
  wait_written(1);
  wait_until([&] { return archivist_->status().failures > 0; }, "an attempt");
  EXPECT_EQ(files(), std::vector<std::string>{"patients/2_B/20260302_080007.xz"});
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
  EXPECT_NE(archivist_->status().last_error.find("symbolic link"), std::string::npos)
      << archivist_->status().last_error;
}

TEST_F(ArchivistTest, NobodyBesideOwnerAndGroupReadsTheArchiveWhateverTheUmask) {
  end();
  const os::UmaskOf umask(0);
  begin(true);
  store_all(test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}) + test::idle(24, 26));
  wait_written(1);
  wait_until([&] { return archivist_->status().live_written == 26; }, "26 live files");
  EXPECT_EQ(os::mode_of(archive()), 0750U);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(archive())) {
    EXPECT_EQ(os::mode_of(entry.path()), entry.is_directory() ? 0750U : 0640U) << entry.path();
  }
  EXPECT_EQ(os::mode_of(folder()) & 07U, 0U);
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    EXPECT_EQ(os::mode_of(entry.path()) & 0137U, 0U) << entry.path();
  }
}

TEST_F(ArchivistTest, SitesThatShareAnAddressAndPatientsThatShareANameStayApartWithAFolderEach) {
  end();
  Archivist::Options apart = options(true);
  apart.per_site = true;
  apart.hosts[{"sash", "9002"}] = "192.168.17.40";
  archivist_ = std::make_unique<Archivist>(apart);
  open(archivist_.get());
  archivist_->start();
  const auto stream = test::idle(0, 4) + test::delivery(4, 24, {"1", "A"}) + test::idle(24, 26);
  store_all(stream);
  test::Feed other(store_->linac("sash", "9002"), 1);
  ASSERT_TRUE(commit(other.frames(stream).batch()));
  wait_written(2);
  wait_until([&] { return archivist_->status().live_written == 52; }, "52 live files");
  const auto found = files();
  EXPECT_TRUE(std::ranges::count(found, "nbcc/patients/1_A/20260302_080001.xz"));
  EXPECT_TRUE(std::ranges::count(found, "sash/patients/1_A/20260302_080001.xz"));
  EXPECT_TRUE(std::ranges::count(found, "nbcc/live/192.168.17.40/025.txt"));
  EXPECT_TRUE(std::ranges::count(found, "sash/live/192.168.17.40/025.txt"));
  EXPECT_EQ(found.size(), 54U);
}

TEST_F(ArchivistTest, OneTreeForEachSiteMovesNothingThatIsThereUntilItChanges) {
  const auto record = test::delivery(4, 24, {"1", "A"});
  const auto late = record.begin() + 8;
  store_all(test::idle(0, 4) + std::vector<ByteVector>(record.begin(), late) +
            std::vector<ByteVector>(late + 4, record.end()) + test::idle(24, 26));
  wait_written(1);
  end();
  Archivist::Options apart = options();
  apart.per_site = true;
  archivist_ = std::make_unique<Archivist>(apart);
  open(archivist_.get());
  archivist_->start();
  store_all(test::delivery(40, 60, {"2", "B"}) + test::idle(60, 61));
  wait_written(1);
  EXPECT_EQ(files(), (std::vector<std::string>{"nbcc/patients/2_B/20260302_080010.xz",
                                               "patients/1_A/20260302_080001.xz"}));
  store_all(std::vector<ByteVector>(late, late + 4));
  wait_written(2);
  EXPECT_EQ(files(), (std::vector<std::string>{"nbcc/patients/1_A/20260302_080001.xz",
                                               "nbcc/patients/2_B/20260302_080010.xz"}));
}

TEST_F(ArchivistTest, TheFoldersOfItsSettingsAreThereBeforeAnyRecord) {
  const auto are_there = [&](const std::vector<std::string>& folders) {
    return [this, folders] {
      return std::ranges::all_of(folders, [this](const std::string& folder) {
        return std::filesystem::is_directory(archive() / folder);
      });
    };
  };
  wait_until(are_there({"patients", "live"}), "one tree");
  end();
  Archivist::Options apart = options();
  apart.per_site = true;
  archivist_ = std::make_unique<Archivist>(apart);
  open(archivist_.get());
  archivist_->start();
  wait_until(are_there({"nbcc/patients", "nbcc/live"}), "a tree of its own");
  apart.hosts[{"sash", "9002"}] = "192.168.17.40";
  archivist_->set_hosts(apart.hosts);
  wait_until(are_there({"sash/patients", "sash/live"}), "that of a site that comes");
}

/// Of `count` Linacs at once.
class ManyInOneSecond : public ArchivistTest {
 protected:
  void SetUp() override {
    begin();
    end();
    std::filesystem::create_directories(archive());  // of which the thread asks the system, too
  }
  void begin_on(os::FaultingFileSystem& share) {
    Archivist::Options in_memory = options();
    in_memory.files = &share;
    archivist_ = std::make_unique<Archivist>(in_memory);
    open(archivist_.get());
    archivist_->start();
  }
  void store_of(int linac, const test::Patient& patient) {
    test::Feed feed(store_->linac("nbcc", "L" + std::to_string(linac)), 1);
    ASSERT_TRUE(commit(
        feed.frames(test::idle(0, 4) + test::delivery(4, 8, patient) + test::idle(8, 10)).batch()));
  }
  void put_strangers(os::FaultingFileSystem& share, std::int64_t count,
                     const std::string& patient = "1_A") const {
    const std::int64_t first = identify(test::idle(4, 5)[0])->time;
    for (std::int64_t i = 0; i < count; ++i) {
      share.put(archive() / "patients" / patient / (linac_time_file_stem(first + i) + ".xz"),
                ByteVector(1, std::byte{'x'}));
    }
  }
};

TEST_F(ManyInOneSecond, EachGetsANameAndLooksAtNoFileThatAnotherHasLookedAt) {
  constexpr int kStrangers = 200;
  constexpr int kRecords = 20;
  os::FaultingFileSystem share;
  put_strangers(share, kStrangers);
  begin_on(share);
  store_of(0, {"1", "A"});
  wait_written(1);
  const auto before = share.operations();
  for (int i = 1; i < kRecords; ++i) store_of(i, {"1", "A"});
  wait_written(kRecords);
  // Make the folder, look at the name, create, append, sync, rename, sync.
  EXPECT_EQ(share.operations() - before, 7U * (kRecords - 1));
  EXPECT_EQ(share.all_files().size(), std::size_t{kStrangers} + kRecords);
  end();
}

TEST_F(ManyInOneSecond, WhereNamesRunOutTheRecordIsListedWithItsReasonAndOthersGoOn) {
  os::FaultingFileSystem share;
  put_strangers(share, 3600);
  put_strangers(share, 3600, patient_folder_of_site("1", "A", "nbcc"));
  begin_on(share);
  store_of(0, {"1", "A"});
  wait_until([&] { return archivist_->status().unnamed > 0; }, "the first one to be given up");
  store_of(1, {"2", "B"});
  wait_written(1);
  wait_until([&] { return archivist_->status().pending == 0; }, "nothing to wait");
  EXPECT_EQ(archivist_->status().failures, 0U);
  EXPECT_EQ(archivist_->status().last_error, "");
  {
    auto index = ArchiveIndex::open_for_reading(folder());
    ASSERT_TRUE(index.has_value());
    EXPECT_EQ(index->written_file(1), std::nullopt);
    EXPECT_NE(index->unwritten(1).value().reason.find("taken"), std::string::npos);
    EXPECT_EQ(index->unwritten(2), std::nullopt);
  }
  end();
  // Somebody has made room: the next start takes it.
  ASSERT_FALSE(share.remove(archive() / "patients/1_A/20260302_083000.xz"));
  begin_on(share);
  wait_written(1);
  EXPECT_EQ(ArchiveIndex::open_for_reading(folder())->written_file(1),
            "patients/1_A/20260302_083000.xz");
  EXPECT_FALSE(ArchiveIndex::open_for_reading(folder())->unwritten(1).has_value());
  end();
}

/// Of two sites, while no archivist runs.
class TwoSites : public ManyInOneSecond {
 protected:
  void begin_on(test::WatchedFiles& share, std::uint32_t new_files_per_hour = 3600,
                std::size_t most_remembered = 10'000) {
    Archivist::Options in_memory = options();
    in_memory.files = &share;
    in_memory.new_files_per_hour = new_files_per_hour;
    in_memory.most_remembered = most_remembered;
    archivist_ = std::make_unique<Archivist>(in_memory);
    open(archivist_.get());
    archivist_->start();
  }
  /// One record.
  void store_at(const std::string& site, const std::string& serial, const test::Patient& patient,
                unsigned frames) {
    test::Feed feed(store_->linac(site, serial), 1);
    ASSERT_TRUE(commit(feed.frames(test::idle(0, 4) + test::delivery(4, 4 + frames, patient) +
                                   test::idle(4 + frames, 6 + frames))
                           .batch()));
  }
  /// The place of the folder's file in the order in which files were made.
  [[nodiscard]] std::size_t order_of(const test::WatchedFiles& share,
                                     const std::string& patient) const {
    const auto made = share.renamed();
    const auto found = std::ranges::find_if(
        made, [&](const auto& path) { return path.parent_path().filename() == patient; });
    EXPECT_NE(found, made.end()) << patient;
    return static_cast<std::size_t>(found - made.begin());
  }
};

TEST_F(TwoSites, TheManyRecordsOfOneDoNotKeepTheOthersWaiting) {
  constexpr std::size_t kMany = 40;
  open();
  for (std::size_t i = 0; i < kMany; ++i) {
    store_at("nbcc", "L" + std::to_string(i), {std::to_string(i), "A"}, 4);
  }
  store_at("sash", "9002", {"B1", "B"}, 4);
  store_at("sash", "9003", {"B2", "B"}, 4);
  store_.reset();
  test::WatchedFiles share;
  begin_on(share);
  wait_written(kMany + 2);
  EXPECT_LE(order_of(share, "B1_B"), 1U);
  EXPECT_LE(order_of(share, "B2_B"), 3U);
  end();
}

TEST_F(TwoSites, TheLongRecordOfOneDoesNotKeepTheOthersWaiting) {
  open();
  store_at("nbcc", "4299", {"1", "A"}, 1000);
  store_at("sash", "9002", {"B1", "B"}, 4);
  store_at("sash", "9003", {"B2", "B"}, 4);
  store_.reset();
  test::WatchedFiles share;
  begin_on(share);
  wait_written(3);
  EXPECT_EQ(order_of(share, "B1_B"), 0U);
  EXPECT_EQ(order_of(share, "B2_B"), 1U);
  EXPECT_EQ(order_of(share, "1_A"), 2U);
  end();
}

TEST_F(TwoSites, NewRecordsAboveTheShareOfAnHourWaitAndAreNotLost) {
  open();
  for (int i = 0; i < 8; ++i) {
    store_at("nbcc", "L" + std::to_string(i), {std::to_string(i), "A"}, 4);
  }
  store_at("sash", "9002", {"B1", "B"}, 4);
  store_.reset();
  test::WatchedFiles share;
  begin_on(share, 3);
  wait_written(4);
  wait_until([&] { return archivist_->status().held == 5; }, "the rest to be held");
  EXPECT_EQ(archivist_->status().pending, 5U);
  EXPECT_EQ(archivist_->status().failures, 0U);
  EXPECT_EQ(share.renamed().size(), 4U);
  {
    store::StoreReader reader(folder());
    auto index = ArchiveIndex::open_for_reading(folder());
    std::vector<UnwrittenRecord> waiting;
    visit_unwritten_records(reader, index.value(),
                            [&](const UnwrittenRecord& record) { waiting.push_back(record); });
    EXPECT_EQ(waiting.size(), 5U);
    EXPECT_TRUE(std::ranges::all_of(waiting, [](const auto& one) { return one.site == "nbcc"; }));
  }
  end();
  begin_on(share);
  wait_written(5);
  EXPECT_EQ(share.inner.all_files().size(), 9U);
  end();
}

TEST_F(TwoSites, RecordsBeyondThoseThatAreRememberedGetTheirFilesAllTheSame) {
  constexpr std::size_t kMany = 11;
  open();
  for (std::size_t i = 0; i < kMany; ++i) {
    store_at("nbcc", "L" + std::to_string(i), {std::to_string(i), "A"}, 4);
  }
  store_at("sash", "9002", {"B1", "B"}, 4);
  store_.reset();
  test::WatchedFiles share;
  begin_on(share, 3600, 2);
  wait_written(kMany + 1);
  EXPECT_LE(order_of(share, "B1_B"), 1U);
  EXPECT_EQ(share.renamed().size(), kMany + 1);
  wait_until([&] { return archivist_->status().pending == 0; }, "nothing to wait");
  end();
}

TEST_F(TwoSites, WhereOthersHaveTakenAllNamesOfAPatientASiteHasAFolderOfItsOwn) {
  const test::Patient patient{"WLutz", "QA, Daily"};
  const auto record = test::delivery(4, 24, patient);
  const auto late = record.begin() + 8;
  open();
  test::Feed feed(store_->linac("sash", "9002"), 1);
  ASSERT_TRUE(
      commit(feed.frames(test::idle(0, 4) + std::vector<ByteVector>(record.begin(), late) +
                         std::vector<ByteVector>(late + 4, record.end()) + test::idle(24, 26))
                 .batch()));
  store_.reset();
  test::WatchedFiles share;
  put_strangers(share.inner, 3600, "WLutz_QA, Daily");
  begin_on(share);
  wait_written(1);
  EXPECT_EQ(archivist_->status().unnamed, 0U);
  const std::string file =
      "patients/" + patient_folder_of_site("WLutz", "QA, Daily", "sash") + "/20260302_080001.xz";
  EXPECT_EQ(ArchiveIndex::open_for_reading(folder())->written_file(1), file);
  EXPECT_TRUE(file.starts_with("patients/WLutz_"));  // what PyMedPhys looks for
  // There it stays, also where a name becomes free.
  ASSERT_FALSE(share.remove(archive() / "patients/WLutz_QA, Daily/20260302_080001.xz"));
  test::Feed later(store_->linac("sash", "9002"), 2);
  ASSERT_TRUE(commit(later.frames(std::vector<ByteVector>(late, late + 4)).batch()));
  wait_written(2);
  EXPECT_EQ(ArchiveIndex::open_for_reading(folder())->written_file(1), file);
  EXPECT_EQ(unxz(share.inner.content(archive() / file)), joined(record));
  end();
}

TEST_F(ArchivistTest, LiveFilesHoldTheLastFrameOfEachCounter) {
  end();
  begin(true);
  const auto all = test::idle(0, 300);
  store_all(all);
  wait_until(
      [&] {
        const auto now = archivist_->status();  // more than 256 of one Linac do not wait
        return now.live_written + now.live_dropped == 300;
      },
      "300 frames to be written, or overtaken");
  const auto live = archive() / "live" / "192.168.17.40";
  EXPECT_EQ(files().size(), 256U);
  EXPECT_EQ(file_bytes(live / "000.txt"), all[256]);
  EXPECT_EQ(file_bytes(live / "043.txt"), all[299]);
  EXPECT_EQ(file_bytes(live / "044.txt"), all[44]);
  EXPECT_EQ(file_bytes(live / "255.txt"), all[255]);
}

TEST_F(ArchivistTest, LiveFilesOfALinacThatIsAddedOrMovesGoToItsAddress) {
  end();
  begin(true);
  const auto all = test::idle(0, 30);
  const auto live = archive() / "live";
  const auto store = [&](std::size_t from, std::size_t to, const char* what) {
    const auto before = archivist_->status();
    store_all({all.begin() + static_cast<std::ptrdiff_t>(from),
               all.begin() + static_cast<std::ptrdiff_t>(to)});
    wait_until(
        [&] {
          const auto now = archivist_->status();
          return now.live_written + now.live_dropped ==
                 before.live_written + before.live_dropped + to - from;
        },
        what);
  };
  archivist_->set_hosts({});
  store(0, 10, "the first ten");
  EXPECT_TRUE(files().empty());
  archivist_->set_hosts({{{"nbcc", "4299"}, "192.168.17.40"}});
  store(10, 20, "the next ten");
  EXPECT_EQ(file_bytes(live / "192.168.17.40" / "019.txt"), all[19]);
  archivist_->set_hosts({{{"nbcc", "4299"}, "192.168.17.41"}});
  store(20, 30, "the last ten");
  EXPECT_EQ(file_bytes(live / "192.168.17.41" / "029.txt"), all[29]);
  EXPECT_EQ(files().size(), 20U);
}

}  // namespace
}  // namespace icom::archive
