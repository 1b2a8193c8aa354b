// Whether what the store's path names is what the store has open. docs/storage.md, "A store that is
// taken away".
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include "common/os/watched_file.hpp"

namespace icom::store {

/// What is stored now could be found by nobody, or nobody can say whether it could: nothing may be
/// acknowledged, and no position told. what() is a sentence for agents.
class StoreAway : public std::runtime_error {
 public:
  StoreAway()
      : std::runtime_error(
            "its store is not in its place, and nothing is taken until it is back: its log says "
            "what to do; the spools keep everything") {}
};

enum class PlaceState {
  in_place,
  unknown,       ///< the disk does not say
  away,          ///< the open database has another name, or its disk is not mounted: may come back
  removed,       ///< it has no name any more: this process has the last copy
  replaced,      ///< another file has its name, and it has another one
  overwritten,   ///< another file has its name, and it has none: as `removed`
  wal_lost,      ///< the database is there, its WAL is not
  wal_replaced,  ///< the database is there, with a WAL of another
};

struct PlaceFinding {
  PlaceState state = PlaceState::in_place;
  std::error_code error{};  ///< why it is unknown
};

/// The database file and its WAL. Thread-safe.
class StorePlace {
 public:
  /// Of a database that is open. A WAL that is not there is not looked for: where SQLite cannot
  /// have one. Throws std::runtime_error if the database cannot be found.
  explicit StorePlace(const std::filesystem::path& database);

  /// Two system calls while all is in its place. They ask the disk that a commit has to wait for.
  [[nodiscard]] PlaceFinding look() const;
  /// Where another database has the name of the one that is open: gives the WAL of the open one, if
  /// it still has its own, a name that nobody takes for that one's. Returns that; empty if there is
  /// nothing to do. Throws std::filesystem::filesystem_error.
  [[nodiscard]] std::filesystem::path set_wal_aside() const;
  /// What, where, what to do: for the log.
  [[nodiscard]] std::string text(const PlaceFinding& finding) const;

 private:
  std::filesystem::path path_;
  std::filesystem::path wal_path_;
  os::WatchedFile database_;
  os::WatchedFile wal_;
};

/// Where ending loses nothing, once the WAL is in the database file: what is at the path now is for
/// the next start to judge. Elsewhere the store waits: what it has open may come back, or is the
/// last copy.
bool is_for_next_start(PlaceState state);

}  // namespace icom::store
