#include "gateway/store/wal_mover.hpp"

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

TEST_F(WalMoverTest, IsEndedWhileItMoves) {
  write();
  WalMover(file_).ask();
}

}  // namespace
}  // namespace icom::store
