#include "gateway/store/wal_mover.hpp"

#include "gateway/store/store_files.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

class WalMoverTest : public testing::Test {
 protected:
  WalMoverTest() : database_(file_, Database::Access::read_write) {
    database_.execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;");
    database_.execute("CREATE TABLE some (data BLOB)");
  }
  void write() { database_.execute("INSERT INTO some VALUES (zeroblob(100000))"); }

  test::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "icom.db";
  Database database_;
};

TEST_F(WalMoverTest, MovesWhatAnotherConnectionHasWritten) {
  write();
  const auto before = std::filesystem::file_size(file_);
  WalMover mover(file_);
  EXPECT_FALSE(mover.has_moved());
  mover.ask();
  mover.wait();
  EXPECT_GT(std::filesystem::file_size(file_), before + 100'000);
  EXPECT_TRUE(mover.has_moved());
  EXPECT_FALSE(mover.has_moved()) << "is told once";
}

TEST_F(WalMoverTest, MovesWhileAnotherConnectionWrites) {
  write();
  WalMover mover(file_);
  {
    Transaction transaction(database_, Transaction::Kind::write);
    write();
    mover.ask();
    mover.wait();
    EXPECT_GT(std::filesystem::file_size(file_), 100'000U);
    EXPECT_LT(std::filesystem::file_size(file_), 200'000U);
    transaction.commit();
  }
  mover.ask();
  mover.wait();
  EXPECT_GT(std::filesystem::file_size(file_), 200'000U);
}

TEST_F(WalMoverTest, AMoveThatFailsIsOverToo) {
  WalMover mover(folder_.path() / "not there" / "icom.db");
  mover.ask();
  mover.wait();
  EXPECT_TRUE(mover.has_moved());
}

TEST_F(WalMoverTest, ALargeWalThatIsWrittenIsOneThatReadersHoldUp) {
  using namespace std::chrono_literals;
  write();
  const auto wal = std::filesystem::path(file_.string() + "-wal");
  EXPECT_FALSE(wal_is_held_up(folder_.path(), 600s));
  std::filesystem::resize_file(wal, kMostWalBytes + 1);
  EXPECT_TRUE(wal_is_held_up(folder_.path(), 600s));
  std::filesystem::last_write_time(wal, std::filesystem::file_time_type::clock::now() - 601s);
  EXPECT_FALSE(wal_is_held_up(folder_.path(), 600s)) << "nobody writes it any more";
  EXPECT_FALSE(wal_is_held_up(folder_.path() / "none", 600s));
}

TEST_F(WalMoverTest, IsEndedWhileItMoves) {
  write();
  WalMover(file_).ask();
}

}  // namespace
}  // namespace icom::store
