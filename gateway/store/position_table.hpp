// How far each run of a listener's spool is stored.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "gateway/store/sqlite.hpp"

namespace icom::store {

/// The positions of one Linac's runs, kept while a transaction fills. Not thread-safe.
class PositionTable {
 public:
  explicit PositionTable(std::int64_t linac) : linac_(linac) {}

  /// True if `seq` is beyond what is stored of this run; it is then the new position.
  bool advance(Database& database, std::uint64_t run, std::uint64_t seq);
  void flush(Database& database);
  /// What advanced since the last call.
  std::map<std::uint64_t, std::uint64_t> take_changes();

 private:
  std::int64_t linac_;
  std::unordered_map<std::uint64_t, std::uint64_t> known_;
  std::map<std::uint64_t, std::uint64_t> changed_;
};

/// The stored position, 0 for none.
std::uint64_t load_position(Database& database, std::int64_t linac, std::uint64_t run);

}  // namespace icom::store
