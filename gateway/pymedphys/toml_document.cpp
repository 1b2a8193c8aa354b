#include "gateway/pymedphys/toml_document.hpp"

#include <algorithm>

#include "common/text/byte_order_mark.hpp"
#include "common/text/control.hpp"

namespace icom::pymedphys {

namespace {

/// A table with a header, or a dotted key's: anything but one in braces.
bool has_lines(const toml::node& node) {
  return node.is_table() && !node.as_table()->is_inline();
}

/// Stands behind its key, on the lines of the table that it is in.
bool is_plain_value(const toml::node& node) {
  return !has_lines(node) && !is_array_of_headers(node);
}

}  // namespace

bool is_array_of_headers(const toml::node& node) {
  const toml::array* array = node.as_array();
  return array != nullptr && !array->empty() &&
         std::all_of(array->begin(), array->end(), has_lines);
}

std::string toml_text(const std::string& value) {
  if (std::ranges::any_of(value, text::is_control)) {
    throw std::invalid_argument("a path with a control character in it");
  }
  const bool escapes = value.find_first_of("\\\"") != std::string::npos;
  if (escapes && value.find('\'') == std::string::npos) return '\'' + value + '\'';
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::string toml_inline(const TomlPairs& pairs) {
  std::string text;
  for (const auto& [key, value] : pairs) {
    text += (text.empty() ? "{ " : ", ") + key + " = " + value;
  }
  return text + " }";
}

TomlDocument::TomlDocument(std::string text) : text_(std::move(text)), tree_(toml::parse(text_)) {}

void TomlDocument::change(std::vector<text::Replacement> replacements) {
  std::string changed = text::replaced(text_, std::move(replacements));
  try {
    tree_ = toml::parse(changed);
  } catch (const toml::parse_error& error) {
    throw NotUnderstood("line " + std::to_string(error.source().begin.line));
  }
  text_ = std::move(changed);
}

std::size_t TomlDocument::offset(const toml::source_position& place) const {
  std::size_t at = 0;
  for (toml::source_index line = 1; line < place.line; ++line) at = text::line_end(text_, at);
  if (at == 0) at = text_.size() - text::without_byte_order_mark(text_).size();
  // Columns count letters; a byte of 10xxxxxx goes on with one.
  for (toml::source_index column = 1; column < place.column && at < text_.size(); ++column) {
    ++at;
    while (at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80U) ++at;
  }
  return at;
}

std::size_t TomlDocument::begin_of(const toml::node& node) const {
  return offset(node.source().begin);
}

std::size_t TomlDocument::end_of(const toml::node& node) const {
  return offset(node.source().end);
}

/// Behind the last line of everything that is in it.
std::size_t TomlDocument::behind(const toml::node& node) const {
  if (is_plain_value(node)) return text::line_end(text_, end_of(node));
  std::size_t end = 0;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& element : *array) end = std::max(end, behind(element));
  } else {
    end = text::line_end(text_, begin_of(node));
    for (const auto& [key, value] : *node.as_table()) end = std::max(end, behind(value));
  }
  return end;
}

std::string TomlDocument::indentation_at(std::size_t at) const {
  const std::size_t begin = text::line_begin(text_, at);
  const std::size_t first = std::min(text_.find_first_not_of(" \t", begin), text_.size());
  return text_.substr(begin, first - begin);
}

void TomlDocument::set(const toml::table& table, const std::string& key, const std::string& value) {
  if (const toml::node* present = table.get(key)) {
    change({{begin_of(*present), end_of(*present), value}});
  } else if (!table.is_inline()) {
    add_key_line(table, key, value);
  } else if (table.empty()) {
    change({{begin_of(table), end_of(table), toml_inline({{key, value}})}});
  } else {
    std::size_t last = 0;
    for (const auto& [other, node] : table) last = std::max(last, end_of(node));
    change({{last, last, ", " + key + " = " + value}});
  }
}

/// Behind the last of the table's own keys, or behind its header.
void TomlDocument::add_key_line(const toml::table& table, const std::string& key,
                                const std::string& value) {
  std::size_t last = begin_of(table);
  std::string prefix = indentation_at(last);
  for (const auto& [other, node] : table) {
    if (!is_plain_value(node) || end_of(node) < last) continue;
    last = end_of(node);
    // The indentation, and what a dotted key has before its last part.
    const std::size_t begin = offset(other.source().begin);
    const std::size_t line = text::line_begin(text_, begin);
    prefix = text_.substr(line, begin - line);
  }
  change({text::lines_at(text_, text::line_end(text_, last), {prefix + key + " = " + value})});
}

void TomlDocument::push_back(const toml::array& array, const std::string& element) {
  if (array.empty()) {
    change({{begin_of(array), end_of(array), '[' + element + ']'}});
    return;
  }
  const toml::node& last = *array.get(array.size() - 1);
  change(text::element_behind(text_, begin_of(last), end_of(last), end_of(array) - 1, element));
}

void TomlDocument::add_table_behind(const toml::node& node, const toml::table& like,
                                    const std::string& header, const TomlPairs& pairs) {
  const std::string of_header = indentation_at(begin_of(like));
  std::string of_keys = of_header;
  for (const auto& [key, value] : like) {
    if (is_plain_value(value)) of_keys = indentation_at(offset(key.source().begin));
  }
  std::vector<std::string> lines{of_header + header};
  for (const auto& [key, value] : pairs) lines.push_back(of_keys + key + " = " + value);
  add_lines(behind(node), std::move(lines));
}

void TomlDocument::add_lines_behind(const toml::node& node, const std::vector<std::string>& lines) {
  add_lines(behind(node), lines);
}

void TomlDocument::add_lines_at_end(const std::vector<std::string>& lines) {
  add_lines(text_.size(), lines);
}

void TomlDocument::add_lines(std::size_t at, std::vector<std::string> lines) {
  if (at > 0) lines.insert(lines.begin(), "");
  change({text::lines_at(text_, at, lines)});
}

}  // namespace icom::pymedphys
