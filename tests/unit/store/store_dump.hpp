// Everything that a store's tables hold, as text to compare.
#pragma once

#include <filesystem>
#include <string>

namespace icom::test {

/// Every row of every table, a line each, by table and row id. Throws std::runtime_error, with
/// SQLite's words, if one cannot be read.
std::string dump_store(const std::filesystem::path& database);

/// The first line that differs, as "got ... expected ..."; cut to a readable length.
std::string first_difference(const std::string& got, const std::string& expected);

}  // namespace icom::test
