#include "common/text/text_lines.hpp"

#include <algorithm>

namespace icom::text {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

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

bool begins_its_line(std::string_view text, std::size_t at) {
  const std::size_t begin = line_begin(text, at);
  return is_blank(text.substr(begin, at - begin));
}

std::size_t next_token(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '#') {
      at = line_end(text, at);
    } else if (is_space(text[at])) {
      ++at;
    } else {
      break;
    }
  }
  return at;
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

std::vector<Replacement> element_behind(std::string_view text, std::size_t begin, std::size_t end,
                                        std::size_t close, const std::string& element) {
  if (!begins_its_line(text, begin)) return {{end, end, ", " + element}};
  const std::size_t next = next_token(text, end);
  const bool comma = next < text.size() && text[next] == ',';
  const std::size_t line = line_begin(text, begin);
  const std::string own_line = std::string(text.substr(line, begin - line)) + element;
  const std::size_t behind = comma ? next + 1 : end;
  const std::string ending(line_ending(text));
  const std::size_t next_line = line_end(text, behind);
  if (close < next_line) {
    return {{behind, behind, (comma ? "" : ",") + ending + own_line}};
  }
  return {{end, end, comma ? "" : ","},
          {next_line, next_line, own_line + (comma ? "," : "") + ending}};
}

Replacement lines_at(std::string_view text, std::size_t at, const std::vector<std::string>& lines) {
  const std::string ending(line_ending(text));
  const bool behind_open_line = at > 0 && text[at - 1] != '\n';
  std::string inserted;
  for (const std::string& line : lines) {
    inserted += behind_open_line ? ending + line : line + ending;
  }
  return {at, at, inserted};
}

}  // namespace icom::text
