#include "gateway/store/sqlite.hpp"

#include <sqlite3.h>

namespace icom::store {

namespace {
// Readers and the checkpoint of another process hold their locks for milliseconds.
constexpr int kBusyTimeoutMs = 5000;
}  // namespace

bool SqlError::is_damage() const {
  const int primary = code_ & 0xFF;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

SqlError SqlError::damaged(const std::string& what) {
  return {what, SQLITE_CORRUPT};
}

Database::Database(const std::filesystem::path& file, Access access) : name_(file.string()) {
  const int flags = access == Access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                    : access == Access::existing ? SQLITE_OPEN_READWRITE
                                                 : SQLITE_OPEN_READONLY;
  const int result = sqlite3_open_v2(name_.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (result != SQLITE_OK) {
    const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(result);
    sqlite3_close_v2(handle_);
    throw SqlError("cannot open the database " + name_ + ": " + why, result);
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
}

Database::~Database() {
  for (const auto& [sql, statements] : idle_) {
    for (sqlite3_stmt* statement : statements) {
      sqlite3_finalize(statement);
    }
  }
  sqlite3_close_v2(handle_);
}

void Database::execute(const char* sql) {
  const int result = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) {
    fail("execute", result);
  }
}

std::int64_t Database::last_inserted_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

int Database::changed_rows() const {
  return sqlite3_changes(handle_);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

bool Database::checkpoint() {
  const int result =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (result != SQLITE_OK && result != SQLITE_BUSY && result != SQLITE_LOCKED) {
    fail("checkpoint", result);
  }
  return result == SQLITE_OK;
}

bool Database::empty_wal() {
  const int result =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (result != SQLITE_OK && result != SQLITE_BUSY && result != SQLITE_LOCKED) {
    fail("empty the WAL", result);
  }
  return result == SQLITE_OK;
}

void Database::keep_files_at_end() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Database::move_wal_at(int pages) {
  move_at_ = pages;
  sqlite3_wal_hook(handle_, committed, this);
}

/// The commit has succeeded; a move that does not is tried again with the next one.
int Database::committed(void* self, sqlite3* handle, const char* schema, int pages) {
  Database& database = *static_cast<Database*>(self);
  database.wal_pages_ = pages;
  if (pages >= database.move_at_) {
    sqlite3_wal_checkpoint_v2(handle, schema, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  return SQLITE_OK;
}

sqlite3_stmt* Database::take(const char* sql) {
  std::vector<sqlite3_stmt*>& idle = idle_[sql];
  if (!idle.empty()) {
    sqlite3_stmt* statement = idle.back();
    idle.pop_back();
    return statement;
  }
  sqlite3_stmt* statement = nullptr;
  const int result =
      sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) {
    fail("prepare a statement", result);
  }
  return statement;
}

void Database::give_back(const char* sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  idle_[sql].push_back(statement);
}

void Database::fail(const char* doing, int code) const {
  throw SqlError("database " + name_ + ": cannot " + doing + ": " + sqlite3_errmsg(handle_), code);
}

Query::Query(Database& database, const char* sql)
    : database_(database), sql_(sql), statement_(database.take(sql)) {}

Query::~Query() {
  database_.give_back(sql_, statement_);
}

bool Query::step() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) {
    return true;
  }
  if (result != SQLITE_DONE) {
    database_.fail("run a statement", result);
  }
  return false;
}

void Query::run() {
  while (step()) {
  }
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Query::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Query::text(int column) const {
  return std::string(as_text(blob(column)));
}

Bytes Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
}

void Query::check(const char* doing, int code) {
  if (code != SQLITE_OK) {
    database_.fail(doing, code);
  }
}

void Query::bind_one(int index, std::int64_t value) {
  check("bind a number", sqlite3_bind_int64(statement_, index, value));
}

void Query::bind_one(int index, double value) {
  check("bind a number", sqlite3_bind_double(statement_, index, value));
}

void Query::bind_one(int index, std::string_view value) {
  // An empty view may have no address, which SQLite would take for NULL.
  check("bind text", sqlite3_bind_text64(statement_, index, value.empty() ? "" : value.data(),
                                         value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Query::bind_one(int index, Bytes value) {
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  check("bind bytes", sqlite3_bind_blob64(statement_, index, data, value.size(), SQLITE_STATIC));
}

void Query::bind_null(int index) {
  check("bind NULL", sqlite3_bind_null(statement_, index));
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  database_.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some errors (disk full), and an explicit ROLLBACK would
  // then fail.
  if (open_ && database_.in_transaction()) {
    try {
      database_.execute("ROLLBACK");
    } catch (const SqlError&) {
      // The connection stays in its transaction; the next BEGIN fails and says so.
    }
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace icom::store
