#include "common/config/yaml_mistake.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace icom::config {
namespace {

constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

std::string_view trimmed(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

/// Neither empty nor a comment.
bool says_something(std::string_view line) {
  const std::string_view rest = trimmed(line);
  return !rest.empty() && rest.front() != '#';
}

/// What stands behind the dash of a list's entry, or the whole.
std::string_view behind_dash(std::string_view rest) {
  return rest.starts_with("- ") ? trimmed(rest.substr(1)) : rest;
}

/// In which column the line's key stands.
std::size_t key_column(std::string_view line) {
  const std::string_view key = behind_dash(trimmed(line));
  return static_cast<std::size_t>(key.data() - line.data());
}

std::size_t word_length(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return static_cast<std::size_t>(std::ranges::find_if_not(text, letter) - text.begin());
}

std::string spaces(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " space" : " spaces");
}

/// Mistakes that a line shows by itself.
std::optional<std::string> mistake_within(std::string_view line) {
  const std::string_view blank =
      line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  if (blank.find('\t') != std::string_view::npos) {
    return "spaces at the beginning of the line: there is a tab";
  }
  if (line.substr(indent_of(line)).starts_with(kNoBreakSpace)) {
    return "plain spaces at the beginning of the line: there are no-break spaces, as copies from "
           "web pages and letters have them";
  }
  const std::string_view rest = trimmed(line);
  if (rest.size() > 1 && rest[0] == '-' && word_length(rest.substr(1)) > 0) {
    return "a space behind the dash: - " + std::string(rest.substr(1, word_length(rest.substr(1))));
  }
  const std::string_view pair = behind_dash(rest);
  const std::size_t key = word_length(pair);
  if (key == 0 || key >= pair.size()) return std::nullopt;
  const std::string name(pair.substr(0, key));
  // An IPv6 address or a time has colons of its own.
  const bool is_value =
      pair.substr(0, key).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos &&
      pair.find(':', key + 1) != std::string_view::npos;
  if (pair[key] == ':' && pair.size() > key + 1 && pair[key + 1] != ' ' && !is_value) {
    return "a space behind the colon: " + name + ": ...";
  }
  if (pair[key] == ' ' && pair.find(':') == std::string_view::npos) {
    return "a colon behind the key: " + name + ": ...";
  }
  return std::nullopt;
}

}  // namespace

std::optional<YamlMistake> find_mistake(std::string_view text, int line) {
  const std::vector<std::string_view> lines = lines_of(text);
  const auto last = std::min(static_cast<std::size_t>(std::max(line, 1)), lines.size());
  const auto at = [&lines](std::size_t number, std::string expected) {
    return YamlMistake{static_cast<int>(number), std::string(trimmed(lines[number - 1])),
                       std::move(expected)};
  };
  // The library gives up at the mistake, or at the first line behind it that makes no sense then.
  std::size_t above = 0;  // the last line before `last` that says something
  for (std::size_t number = 1; number <= last; ++number) {
    const std::string_view here = lines[number - 1];
    if (!says_something(here)) continue;
    const auto mistake = mistake_within(here);
    if (mistake) return at(number, *mistake);
    if (number < last) above = number;
  }
  if (above == 0 || last == 0 || !says_something(lines[last - 1])) return std::nullopt;
  const std::size_t here = key_column(lines[last - 1]);
  const std::size_t before = key_column(lines[above - 1]);
  if (here == before) return std::nullopt;
  return at(last, "keys that belong together to begin in the same column: this one is behind " +
                      spaces(here) + ", the one on line " + std::to_string(above) + " behind " +
                      spaces(before));
}

std::string hint_about(std::string_view value) {
  constexpr std::array kQuotes{"\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x9E", "\xE2\x80\x98",
                               "\xE2\x80\x99"};
  const auto holds = [value](const char* quote) {
    return value.find(quote) != std::string_view::npos;
  };
  if (std::ranges::any_of(kQuotes, holds)) {
    return "; typographic quotes are letters to YAML: use \" or none";
  }
  if (value.find(": ") != std::string_view::npos) return "; a closing quote may be missing";
  return "";
}

}  // namespace icom::config
