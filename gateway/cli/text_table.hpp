// Columns for people to read.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace icom::cli {

/// Rows below a header, each column as wide as its widest cell and two spaces from the next. The
/// last column is not filled up. Holds every row until it is printed. Not thread-safe.
class TextTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit TextTable(std::vector<Column> columns);
  /// As many cells as there are columns. What a terminal would obey instead of showing it becomes
  /// `?`.
  void add(std::vector<std::string> cells);
  void print(std::ostream& out) const;

 private:
  void print_row(const std::vector<std::string>& cells, std::ostream& out) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace icom::cli
