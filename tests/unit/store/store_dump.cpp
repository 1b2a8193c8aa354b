#include "tests/unit/store/store_dump.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace icom::test {

namespace {

using Connection = std::unique_ptr<sqlite3, decltype(&sqlite3_close_v2)>;

Connection open(const std::filesystem::path& database) {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(database.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
  Connection connection(handle, sqlite3_close_v2);
  if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errstr(result));
  return connection;
}

/// The first column of all rows.
std::vector<std::string> column(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* prepared = nullptr;
  int result = sqlite3_prepare_v2(connection, sql.c_str(), -1, &prepared, nullptr);
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(prepared,
                                                                             sqlite3_finalize);
  std::vector<std::string> values;
  while (result == SQLITE_OK && (result = sqlite3_step(prepared)) == SQLITE_ROW) {
    values.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(prepared, 0)));
    result = SQLITE_OK;
  }
  if (result != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(connection));
  return values;
}

}  // namespace

std::string dump_store(const std::filesystem::path& database) {
  const Connection connection = open(database);
  std::string dump;
  for (const auto& table :
       column(connection.get(), "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")) {
    std::string values;
    for (const auto& name :
         column(connection.get(), "SELECT name FROM pragma_table_info('" + table + "')")) {
      values += (values.empty() ? "quote(\"" : " || ' ' || quote(\"") + name + "\")";
    }
    const bool by_key = column(connection.get(), "SELECT wr FROM pragma_table_list('" + table +
                                                     "')") == std::vector<std::string>{"1"};
    for (const auto& row : column(connection.get(), "SELECT " + values + " FROM " + table +
                                                        (by_key ? "" : " ORDER BY rowid"))) {
      dump += table + ": " + row + "\n";
    }
  }
  return dump;
}

std::string first_difference(const std::string& got, const std::string& expected) {
  constexpr std::size_t kReadable = 200;
  std::istringstream got_lines(got);
  std::istringstream expected_lines(expected);
  std::string got_line;
  std::string expected_line;
  do {
    if (!std::getline(got_lines, got_line)) got_line = "nothing more";
    if (!std::getline(expected_lines, expected_line)) expected_line = "nothing more";
  } while (got_line == expected_line && got_lines);
  return "got " + got_line.substr(0, kReadable) + "\nexpected " +
         expected_line.substr(0, kReadable);
}

}  // namespace icom::test
