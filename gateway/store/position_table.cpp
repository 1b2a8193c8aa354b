#include "gateway/store/position_table.hpp"

#include <utility>

namespace icom::store {

namespace {
// So many rows are forgotten at a time, and so far may a run's row be from where it would stand by
// its last use.
constexpr std::int64_t kRoom = PositionTable::kMostRuns / 10;
// A run is one life of a listener; only the newest is of interest for long.
constexpr std::size_t kMostKnown = 16;
// More rows than are forgotten by turns are those of an older store.
constexpr std::int64_t kForgottenAtOnce = 4'096;
}  // namespace

bool PositionTable::advance(Database& database, std::uint64_t run, const StoredPosition& to) {
  auto known = known_.find(run);
  if (known == known_.end()) {
    known = known_.emplace(run, Known{load_position(database, linac_, run).seq}).first;
  }
  Known& at = known->second;
  if (to.seq <= at.seq) {
    return false;
  }
  if (at.seq == 0) {
    ++fresh_;
  } else if (!at.used) {
    returned_.push_back(run);
  }
  at = {.seq = to.seq, .used = true};
  changed_[run] = to;
  return true;
}

void PositionTable::flush(Database& database) {
  for (const auto& [run, to] : std::exchange(changed_, {})) {
    Query query(database,
                "INSERT INTO position (linac, run, seq, fingerprint) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (linac, run) DO UPDATE "
                "SET seq = excluded.seq, fingerprint = excluded.fingerprint");
    query.bind(linac_, run, to.seq, to.fingerprint);
    query.run();
  }
  // Rows stand in the order in which their runs began, and one of the newest is in no danger where
  // it is. So an honest Linac's rows stay where they are.
  for (const std::uint64_t run : std::exchange(returned_, {})) {
    Query query(database,
                "UPDATE position SET rowid = (SELECT max(rowid) FROM position) + 1 "
                "WHERE linac = ? AND run = ? AND rowid < (SELECT max(rowid) FROM position) - ?");
    query.bind(linac_, run, kRoom);
    query.run();
  }
  if (fresh_ > 0) {
    forget_oldest(database);
    fresh_ = 0;
  }
  if (known_.size() > kMostKnown) {
    known_.clear();
  }
}

/// Costs a look at each row of the Linac for each tenth of them that is new.
void PositionTable::forget_oldest(Database& database) {
  if (rows_) {
    *rows_ += fresh_;
  } else {
    Query query(database, "SELECT count(*) FROM (SELECT 1 FROM position WHERE linac = ? LIMIT ?)");
    query.bind(linac_, kMostRuns + fresh_ + kForgottenAtOnce);
    rows_ = query.step() ? query.integer(0) : 0;
  }
  if (*rows_ <= kMostRuns + kRoom) {
    return;
  }
  Query query(database,
              "DELETE FROM position WHERE rowid IN "
              "(SELECT rowid FROM position WHERE linac = ? ORDER BY +rowid LIMIT ?)");
  query.bind(linac_, *rows_ - kMostRuns);
  query.run();
  rows_.reset();
}

StoredPosition load_position(Database& database, std::int64_t linac, std::uint64_t run) {
  Query query(database, "SELECT seq, fingerprint FROM position WHERE linac = ? AND run = ?");
  query.bind(linac, run);
  if (!query.step()) {
    return {};
  }
  // A fingerprint that is NULL reads as 0.
  return {static_cast<std::uint64_t>(query.integer(0)),
          static_cast<std::uint64_t>(query.integer(1))};
}

}  // namespace icom::store
