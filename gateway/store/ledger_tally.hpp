// Counting for the audit. docs/storage.md, "The ledger".
#pragma once

#include <cstdint>
#include <map>

#include "gateway/store/sqlite.hpp"

namespace icom::store {

struct LedgerCounts {
  std::int64_t received = 0;  ///< frames taken in: stored + duplicates
  std::int64_t stored = 0;
  std::int64_t duplicates = 0;
  std::int64_t conflicts = 0;  ///< of those stored
  std::int64_t stored_bytes = 0;
  std::int64_t junk_runs = 0;
  std::int64_t junk_bytes = 0;
  std::int64_t junk_dropped_runs = 0;   ///< of junk_runs: not kept, see EventLimits
  std::int64_t junk_dropped_bytes = 0;  ///< of junk_bytes
  std::int64_t events_dropped = 0;      ///< connects and disconnects that have no row
};

/// One Linac's counts of one transaction, by the hour of the Linac's clock. Not thread-safe.
class LedgerTally {
 public:
  explicit LedgerTally(std::int64_t linac) : linac_(linac) {}
  /// The counts of the hour that this time (seconds) lies in.
  LedgerCounts& at(std::int64_t time);
  /// Adds them to the table and begins anew.
  void flush(Database& database);

 private:
  std::int64_t linac_;
  std::map<std::int64_t, LedgerCounts> hours_;
};

/// The hour that a time lies in; hours before 1970 are negative.
std::int64_t ledger_hour(std::int64_t time);

}  // namespace icom::store
