// SQLite with C++ lifetimes. Only what the store needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/icom/bytes.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace icom::store {

/// A call to SQLite failed. what() names the file and SQLite's own words, never a bound value.
class SqlError : public std::runtime_error {
 public:
  SqlError(const std::string& what, int code) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] int code() const { return code_; }  ///< SQLite's extended result code
  /// The file itself is not, or is no longer, a whole database.
  [[nodiscard]] bool is_damage() const;
  static SqlError damaged(const std::string& what);

 private:
  int code_;
};

/// A connection. Not thread-safe. Must outlive every Query made from it.
class Database {
 public:
  enum class Access { read_only, read_write, existing };
  /// Opens, or with read_write makes, the database file; `existing` is for writing, too. Throws
  /// SqlError.
  Database(const std::filesystem::path& file, Access access);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one or more statements without parameters and without results.
  void execute(const char* sql);
  [[nodiscard]] std::int64_t last_inserted_id() const;
  [[nodiscard]] int changed_rows() const;  ///< by the last INSERT, UPDATE or DELETE
  [[nodiscard]] bool in_transaction() const;
  /// Copies WAL pages into the database file, as far as no reader needs them. Never waits: false if
  /// another connection is at it.
  bool checkpoint();
  /// Likewise all of them, and leaves the WAL without a byte. Waits for readers, for some seconds;
  /// false if they are not done then. Throws SqlError.
  bool empty_wal();
  /// The end of this connection moves nothing and removes no file: their names may be another
  /// database's.
  void keep_files_at_end();
  /// In the WAL after this connection's last commit. 0 before its first, and without move_wal_at().
  [[nodiscard]] int wal_pages() const { return wal_pages_; }
  /// From now on a commit that leaves so many or more moves them itself, as checkpoint() does.
  void move_wal_at(int pages);

 private:
  friend class Query;
  sqlite3_stmt* take(const char* sql);
  void give_back(const char* sql, sqlite3_stmt* statement);
  [[noreturn]] void fail(const char* doing, int code) const;

  static int committed(void* self, sqlite3* handle, const char* schema, int pages);

  std::string name_;
  sqlite3* handle_ = nullptr;
  int wal_pages_ = 0;
  int move_at_ = 0;
  std::map<const char*, std::vector<sqlite3_stmt*>> idle_;  // by the literal's address
};

/// One run of a prepared statement. `sql` must be a string literal: statements are kept for the
/// next use by its address.
///
///     Query query(database, "SELECT seq FROM position WHERE linac = ?");
///     query.bind(linac);
///     while (query.step()) use(query.integer(0));
class Query {
 public:
  Query(Database& database, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// Binds the parameters in order. Text and blobs are borrowed until the Query goes.
  template <typename... Values>
  void bind(const Values&... values) {
    int index = 0;
    (bind_one(++index, values), ...);
  }
  /// True while there is a row.
  bool step();
  /// For statements without rows.
  void run();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  /// Valid until the next step().
  [[nodiscard]] Bytes blob(int column) const;

 private:
  void bind_one(int index, std::int64_t value);
  void bind_one(int index, double value);
  void bind_one(int index, std::string_view value);
  void bind_one(int index, Bytes value);
  void bind_one(int index, int value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, bool value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, unsigned value) { bind_one(index, static_cast<std::int64_t>(value)); }
  void bind_one(int index, std::uint64_t value) {
    bind_one(index, static_cast<std::int64_t>(value));
  }
  void bind_one(int index, const std::string& value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const char* value) { bind_one(index, std::string_view(value)); }
  void bind_one(int index, const ByteVector& value) { bind_one(index, Bytes(value)); }
  void bind_null(int index);
  template <typename Value>
  void bind_one(int index, const std::optional<Value>& value) {
    value ? bind_one(index, *value) : bind_null(index);
  }
  void check(const char* doing, int code);

  Database& database_;
  const char* sql_;
  sqlite3_stmt* statement_;
};

/// Rolls back unless commit() was reached.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Database& database, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace icom::store
