// How far each run of a listener's spool is stored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "gateway/store/sqlite.hpp"
#include "gateway/store/stored_position.hpp"

namespace icom::store {

/// The positions of one Linac's runs, kept while a transaction fills. Not thread-safe.
///
/// A run is one life of a listener, so a Linac has some hundred in a year. Where there are many
/// more, about kMostRuns are kept, and those that were not used for longest are forgotten: if an
/// agent's spool still holds such a run, it is sent again from where the spool begins, and its
/// frames are known by their bytes.
class PositionTable {
 public:
  /// What a Welcome tells of (kMaxRunsAnswered). A tenth more may be there, and all but a tenth of
  /// them are the ones that were used last.
  static constexpr std::int64_t kMostRuns = 10'000;

  explicit PositionTable(std::int64_t linac) : linac_(linac) {}

  /// True if `to` is beyond what is stored of this run; it is then the new position.
  bool advance(Database& database, std::uint64_t run, const StoredPosition& to);
  /// Rows that the next flush() writes: runs that have advanced since the last one.
  [[nodiscard]] std::size_t rows_to_write() const { return changed_.size(); }
  /// Writes what has advanced since the last call.
  void flush(Database& database);

 private:
  void forget_oldest(Database& database);

  std::int64_t linac_;
  std::optional<std::int64_t> rows_;  // nullopt: to be counted
  struct Known {
    std::uint64_t seq = 0;  // 0: has no row
    bool used = false;      // since it was read
  };
  std::unordered_map<std::uint64_t, Known> known_;
  std::map<std::uint64_t, StoredPosition> changed_;
  std::int64_t fresh_ = 0;               // of changed_, without a row
  std::vector<std::uint64_t> returned_;  // of changed_, used for the first time since
};

StoredPosition load_position(Database& database, std::int64_t linac, std::uint64_t run);

}  // namespace icom::store
