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

/// Behind the quoted text that begins at `at`; the text's end if it does not end.
std::size_t behind_quotes(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote) at += quote == '"' && text[at] == '\\' ? 2 : 1;
  return std::min(at + 1, text.size());
}

/// Where a bracket begins a list or a map in the style of JSON that is open when a line begins that
/// cannot belong to it, or at the end; nothing if all are closed before.
std::optional<std::size_t> unclosed_bracket(std::string_view text) {
  std::vector<std::size_t> open;
  bool value_begins = true;  // a bracket here is no letter of a plain value
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const bool line_begins = at == 0 || text[at - 1] == '\n';
    // Such a list may go on over lines, but not at the left margin with a key of its own.
    if (line_begins && !open.empty()) {
      const std::string_view line = text.substr(at, text.find('\n', at) - at);
      const std::size_t key = word_length(line);
      if (key > 0 && line.substr(key).starts_with(':')) return open.back();
    }
    if (line_begins && open.empty()) value_begins = true;
    const bool behind_blank = line_begins || text[at - 1] == ' ' || text[at - 1] == '\t';
    if (c == '#' && behind_blank) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if ((c == '"' || c == '\'') && value_begins) {
      at = behind_quotes(text, at);
      value_begins = false;
      continue;
    }
    if ((c == '[' || c == '{') && value_begins) {
      open.push_back(at);
    } else if ((c == ']' || c == '}') && !open.empty()) {
      open.pop_back();
      value_begins = false;
    } else if ((c == ',' && !open.empty()) ||
               ((c == ':' || c == '-') && (at + 1 == text.size() || text[at + 1] == ' ' ||
                                           text[at + 1] == '\n' || text[at + 1] == '\r'))) {
      value_begins = true;
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      value_begins = false;
    }
    ++at;
  }
  return open.empty() ? std::nullopt : std::optional(open.back());
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
  if (const auto bracket = unclosed_bracket(text)) {
    const auto number =
        static_cast<std::size_t>(std::ranges::count(text.substr(0, *bracket), '\n') + 1);
    const bool is_list = text[*bracket] == '[';
    if (number > last) return std::nullopt;
    return at(number, std::string("a closing ") + (is_list ? ']' : '}') + " for the " +
                          text[*bracket] + " on this line");
  }
  if (above == 0 || last == 0 || !says_something(lines[last - 1])) return std::nullopt;
  const std::size_t here = key_column(lines[last - 1]);
  const std::size_t before = key_column(lines[above - 1]);
  if (here == before) return std::nullopt;
  return at(last, "keys that belong together to begin in the same column: this one is behind " +
                      spaces(here) + ", the one on line " + std::to_string(above) + " behind " +
                      spaces(before));
}

std::optional<std::string> value_as_written(std::string_view text, std::string_view key) {
  for (std::string_view line : lines_of(text)) {
    const std::size_t comment = line.find(" #");
    line = line.substr(0, comment);
    for (std::size_t at = line.find(key); at != line.npos; at = line.find(key, at + 1)) {
      const bool begins =
          at == 0 || std::string_view(" \t{,\"'").find(line[at - 1]) != std::string_view::npos;
      std::string_view rest = line.substr(at + key.size());
      if (!rest.empty() && (rest.front() == '"' || rest.front() == '\'')) rest.remove_prefix(1);
      if (!begins || !says_something(line) || !rest.starts_with(':')) continue;
      rest = trimmed(rest.substr(1));
      const bool quoted = rest.starts_with('"') || rest.starts_with('\'');
      const std::size_t end = quoted ? rest.find(rest.front(), 1) : rest.find_first_of(",}]");
      std::string value(rest.substr(quoted ? 1 : 0, quoted && end != rest.npos ? end - 1 : end));
      value.erase(value.find_last_not_of(" \t") + 1);
      if (!value.empty()) return value;
    }
  }
  return std::nullopt;
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
