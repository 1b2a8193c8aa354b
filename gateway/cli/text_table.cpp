#include "gateway/cli/text_table.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "common/text/control.hpp"

namespace icom::cli {

namespace {

/// Characters of UTF-8, each of which is taken to be one column wide.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) {
    widths_.push_back(width_of(column.title));
  }
}

void TextTable::add(std::vector<std::string> cells) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    cells[i] = text::without_controls(cells[i]);
    widths_[i] = std::max(widths_[i], width_of(cells[i]));
  }
  rows_.push_back(std::move(cells));
}

void TextTable::print(std::ostream& out) const {
  std::vector<std::string> titles;
  for (const Column& column : columns_) {
    titles.push_back(column.title);
  }
  print_row(titles, out);
  for (const std::vector<std::string>& row : rows_) {
    print_row(row, out);
  }
}

void TextTable::print_row(const std::vector<std::string>& cells, std::ostream& out) const {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string space(widths_[i] - width_of(cells[i]), ' ');
    const bool is_last = i + 1 == cells.size();
    if (columns_[i].align == Align::right) {
      out << space << cells[i];
    } else {
      out << cells[i] << (is_last ? "" : space);
    }
    out << (is_last ? "\n" : "  ");
  }
}

}  // namespace icom::cli
