// What asking for gaps costs, counted.
#include "gateway/store/gaps_in_order.hpp"

#include <sqlite3.h>

#include "gateway/store/schema.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::store {
namespace {

std::int64_t hundreds_of_instructions = 0;

int count_hundred(void*) {
  ++hundreds_of_instructions;
  return 0;
}

int count_instructions(sqlite3* database, char**, const sqlite3_api_routines*) {
  sqlite3_progress_handler(database, 100, count_hundred, nullptr);
  return SQLITE_OK;
}

/// A database of its own, whose instructions are counted.
class GapsInOrderTest : public testing::Test {
 protected:
  GapsInOrderTest() {
    // SQLite asks for a function of this type, and calls it as what it is.
    const auto entry = reinterpret_cast<void (*)()>(count_instructions);
    sqlite3_auto_extension(entry);
    database_.emplace(folder_.path() / "icom.db", Database::Access::read_write);
    sqlite3_cancel_auto_extension(entry);
    upgrade_schema(*database_);
    database_->execute(
        "PRAGMA synchronous = OFF; INSERT INTO linac (id, site, serial) VALUES (1, 'a', '1')");
  }
  /// Before the frame of this second.
  void put_gap(std::int64_t time, const std::optional<std::int64_t>& missing) {
    Gap gap;
    gap.from = {1, time - 1, 0, 0};
    gap.to = {1, time, 0, 1};
    gap.kind = "silence";
    gap.missing = missing;
    insert_gap(*database_, 1, gap);
  }
  static FramePlace at(std::int64_t time) { return {1, time, 0, 1}; }

  test::TemporaryFolder folder_;
  std::optional<Database> database_;
};

TEST_F(GapsInOrderTest, OnlyThoseWithFramesMissingOrPossiblySoAreBeforeAFrame) {
  put_gap(10, 0);
  put_gap(20, 3);
  put_gap(30, std::nullopt);
  put_gap(40, 0);
  GapsInOrder gaps(*database_, 1, at(5));
  EXPECT_FALSE(gaps.any_before(at(5), {}));
  EXPECT_FALSE(gaps.any_before(at(10), {}));
  EXPECT_TRUE(gaps.any_before(at(20), {}));
  EXPECT_FALSE(gaps.any_before(at(25), {}));
  EXPECT_TRUE(gaps.any_before(at(30), {}));
  EXPECT_FALSE(gaps.any_before(at(40), {}));
  EXPECT_FALSE(gaps.any_before(at(50), {}));
}

TEST_F(GapsInOrderTest, AnyNumberOfLaterOnesInWhichNothingIsMissingCostNothing) {
  put_gap(10, 1);
  database_->execute(
      "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 3 FROM n LIMIT 100000) "
      "INSERT INTO gap (linac, epoch, from_time, from_sub, from_counter, to_epoch, to_time, "
      "to_sub, to_counter, kind, missing, missing_estimate) "
      "SELECT 1, 1, i - 3, 0, 0, 1, i, 0, 1, 'silence', 0, 0 FROM n");
  ASSERT_GT(hundreds_of_instructions, 1'000) << "nothing is counted";
  hundreds_of_instructions = 0;
  GapsInOrder gaps(*database_, 1, at(5));
  EXPECT_TRUE(gaps.any_before(at(10), {}));
  EXPECT_FALSE(gaps.any_before(at(11), {}));
  EXPECT_LE(hundreds_of_instructions, 10);
}

}  // namespace
}  // namespace icom::store
