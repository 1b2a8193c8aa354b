#include "common/config/text_lines.hpp"

#include <algorithm>

namespace icom::config {

std::size_t line_begin(std::string_view text, std::size_t at) {
  if (at == 0) return 0;
  const std::size_t newline = text.rfind('\n', at - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t newline = text.find('\n', at);
  return newline == std::string_view::npos ? text.size() : newline + 1;
}

std::string_view line_at(std::string_view text, std::size_t begin) {
  std::string_view line = text.substr(begin, line_end(text, begin) - begin);
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

bool is_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  return first != std::string_view::npos && line[first] == '#';
}

std::size_t indentation(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

std::string_view line_ending(std::string_view text) {
  const std::size_t newline = text.find('\n');
  const bool with_return =
      newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r';
  return with_return ? "\r\n" : "\n";
}

std::string replaced(std::string_view text, std::vector<Replacement> replacements) {
  std::ranges::stable_sort(replacements, {}, &Replacement::begin);
  std::string result;
  std::size_t at = 0;
  for (const Replacement& one : replacements) {
    result += text.substr(at, one.begin - at);
    result += one.text;
    at = one.end;
  }
  result += text.substr(at);
  return result;
}

}  // namespace icom::config
