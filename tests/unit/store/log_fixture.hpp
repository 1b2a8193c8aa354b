// A Linac's log on a database of its own: for what is counted within it.
#pragma once

#include <optional>
#include <vector>

#include "gateway/store/linac_log.hpp"
#include "gateway/store/schema.hpp"
#include "tests/unit/store/store_fixture.hpp"

namespace icom::test {

/// Linac number 1, a transaction for each batch. It is known where the Linac counts.
class LogFixture : public testing::Test {
 protected:
  LogFixture() : database_(folder_.path() / "icom.db", store::Database::Access::read_write) {
    store::upgrade_schema(database_);
    database_.execute(
        "INSERT INTO linac (id, site, serial, counter_at) VALUES (1, 'nbcc', '4299', 26)");
    open();
  }
  /// Reads everything back from the tables.
  void open() {
    log_.reset();
    log_.emplace(database_, zstd_, 1, limits_);
  }
  void commit(const store::IncomingBatch& batch) {
    store::Transaction transaction(database_, store::Transaction::Kind::write);
    for (const store::IncomingEntry& entry : batch.entries) {
      log_->take(entry);
    }
    std::vector<std::int64_t> changed;
    store::CommitBudget budget;
    log_->flush(changed, budget);
    transaction.commit();
  }
  /// The first column of the first row.
  [[nodiscard]] std::int64_t number(const char* sql) {
    store::Query query(database_, sql);
    return query.step() ? query.integer(0) : 0;
  }
  [[nodiscard]] std::int64_t stored() { return number("SELECT sum(stored) FROM ledger"); }
  [[nodiscard]] std::int64_t duplicates() { return number("SELECT sum(duplicates) FROM ledger"); }

  TemporaryFolder folder_;
  store::Database database_;
  store::ZstdCodec zstd_;
  const store::EventLimits limits_{.free_bytes = [] { return std::uint64_t{1} << 30U; },
                                   .day = [] { return std::int64_t{0}; }};
  std::optional<store::LinacLog> log_;
};

}  // namespace icom::test
