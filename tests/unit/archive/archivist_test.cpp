#include "gateway/archive/archivist.hpp"

#include <chrono>
#include <fstream>
#include <thread>

#include "gateway/archive/archive_index.hpp"
#include "tests/unit/archive/delivery_frames.hpp"
#include "tests/unit/archive/xz_content.hpp"
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
    archivist_ = std::make_unique<Archivist>(
        Archivist::Options{folder(), archive(), live, {{{"nbcc", "4299"}, "192.168.17.40"}}});
    open(archivist_.get());
    archivist_->start();
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
    for (const auto& entry : std::filesystem::recursive_directory_iterator(archive())) {
      if (entry.is_regular_file()) {
        found.push_back(entry.path().lexically_relative(archive()).string());
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::unique_ptr<Archivist> archivist_;
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
  // Its beginning, its middle, its end, and all of it.
  for (const auto& [from, count] : std::vector<std::pair<std::uintmax_t, std::uintmax_t>>{
           {0, 100}, {size / 2, size / 4}, {size - 100, 100}, {0, size}}) {
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

TEST_F(ArchivistTest, LiveFilesHoldTheLastFrameOfEachCounter) {
  end();
  begin(true);
  const auto all = test::idle(0, 300);
  store_all(all);
  wait_until([&] { return archivist_->status().live_written == 300; }, "300 live files");
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
