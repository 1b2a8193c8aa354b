#include "gateway/store/position_table.hpp"

#include <utility>

namespace icom::store {

namespace {
// A run is one life of a listener; only the newest is of interest for long.
constexpr std::size_t kMostKnown = 16;
}  // namespace

bool PositionTable::advance(Database& database, std::uint64_t run, std::uint64_t seq) {
  auto known = known_.find(run);
  if (known == known_.end()) {
    known = known_.emplace(run, load_position(database, linac_, run)).first;
  }
  if (seq <= known->second) {
    return false;
  }
  known->second = seq;
  changed_[run] = seq;
  return true;
}

void PositionTable::flush(Database& database) {
  for (const auto& [run, seq] : changed_) {
    Query query(database,
                "INSERT INTO position (linac, run, seq) VALUES (?, ?, ?) "
                "ON CONFLICT (linac, run) DO UPDATE SET seq = excluded.seq");
    query.bind(linac_, run, seq);
    query.run();
  }
}

std::map<std::uint64_t, std::uint64_t> PositionTable::take_changes() {
  if (known_.size() > kMostKnown) {
    known_.clear();
  }
  return std::exchange(changed_, {});
}

std::uint64_t load_position(Database& database, std::int64_t linac, std::uint64_t run) {
  Query query(database, "SELECT seq FROM position WHERE linac = ? AND run = ?");
  query.bind(linac, run);
  return query.step() ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

}  // namespace icom::store
