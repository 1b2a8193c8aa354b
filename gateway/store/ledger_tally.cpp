#include "gateway/store/ledger_tally.hpp"

namespace icom::store {

std::int64_t ledger_hour(std::int64_t time) {
  constexpr std::int64_t kHour = 3600;
  return time / kHour - (time % kHour < 0 ? 1 : 0);
}

LedgerCounts& LedgerTally::at(std::int64_t time) {
  return hours_[ledger_hour(time)];
}

void LedgerTally::flush(Database& database) {
  for (const auto& [hour, counts] : hours_) {
    Query query(database,
                "INSERT INTO ledger (linac, hour, received, stored, duplicates, conflicts, "
                "stored_bytes, junk_runs, junk_bytes, junk_dropped_runs, junk_dropped_bytes, "
                "events_dropped) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (linac, hour) DO UPDATE SET "
                "received = ledger.received + excluded.received, "
                "stored = ledger.stored + excluded.stored, "
                "duplicates = ledger.duplicates + excluded.duplicates, "
                "conflicts = ledger.conflicts + excluded.conflicts, "
                "stored_bytes = ledger.stored_bytes + excluded.stored_bytes, "
                "junk_runs = ledger.junk_runs + excluded.junk_runs, "
                "junk_bytes = ledger.junk_bytes + excluded.junk_bytes, "
                "junk_dropped_runs = ledger.junk_dropped_runs + excluded.junk_dropped_runs, "
                "junk_dropped_bytes = ledger.junk_dropped_bytes + excluded.junk_dropped_bytes, "
                "events_dropped = ledger.events_dropped + excluded.events_dropped");
    query.bind(linac_, hour, counts.received, counts.stored, counts.duplicates, counts.conflicts,
               counts.stored_bytes, counts.junk_runs, counts.junk_bytes, counts.junk_dropped_runs,
               counts.junk_dropped_bytes, counts.events_dropped);
    query.run();
  }
  hours_.clear();
}

}  // namespace icom::store
