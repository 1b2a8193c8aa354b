#include "common/config/yaml_list.hpp"

#include <algorithm>

#include "common/text/byte_order_mark.hpp"
#include "common/text/text_lines.hpp"

namespace icom::config {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kUsualIndentation = 2;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Behind the quoted text that begins at `at`.
std::size_t behind_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      return at + 1;  // a doubled one begins another quoted text right here
    }
  }
  return text.size();
}

/// Where the bracket stands that closes the one at `open`; kNone if none does.
std::size_t closing_bracket(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t at = open; at < text.size();) {
    const char c = text[at];
    const bool at_start = at == open || is_space(text[at - 1]) ||
                          std::string_view("[{,:'\"").find(text[at - 1]) != kNone;
    if ((c == '"' || c == '\'') && at_start) {
      at = behind_quoted(text, at);
      continue;
    }
    if (c == '#' && at > 0 && is_space(text[at - 1])) {
      at = text::line_end(text, at);
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) return at;
    ++at;
  }
  return kNone;
}

std::string flow_map(const NewEntry& entry, bool padded) {
  std::string text = padded ? "{ " : "{";
  for (const auto& [key, value] : entry) {
    if (&key != &entry.front().first) text += ", ";
    text += key + ": " + value;
  }
  return text + (padded ? " }" : "}");
}

std::vector<std::string> block_map(const NewEntry& entry, const std::string& dash) {
  std::vector<std::string> lines;
  for (const auto& [key, value] : entry) {
    lines.push_back((lines.empty() ? dash : std::string(dash.size(), ' ')) + key + ": " + value);
  }
  return lines;
}

/// Behind the colon of the key at `at`; kNone if that is not `key`, plain or quoted.
std::size_t behind_colon(std::string_view text, std::size_t at, const std::string& key) {
  const bool quoted = at < text.size() && (text[at] == '"' || text[at] == '\'');
  if (text.substr(at + (quoted ? 1 : 0), key.size()) != key) return kNone;
  const std::size_t end = at + key.size() + (quoted ? 2 : 0);
  const std::size_t colon = text.find_first_not_of(" \t", end);
  return colon != kNone && text[colon] == ':' ? colon + 1 : kNone;
}

/// Where the node begins in `text`, which it was read from.
std::size_t place_of(std::string_view text, const YAML::Node& node) {
  // yaml-cpp counts from behind the mark.
  return static_cast<std::size_t>(node.Mark().pos) +
         (text.size() - text::without_byte_order_mark(text).size());
}

}  // namespace

std::optional<YamlList> YamlList::find(std::string_view text, const YAML::Node& document,
                                       const std::string& key) {
  for (const auto& pair : document) {
    if (!pair.first.IsScalar() || pair.first.Scalar() != key || !pair.second.IsSequence()) continue;
    const std::size_t colon = behind_colon(text, place_of(text, pair.first), key);
    const std::size_t open = place_of(text, pair.second);
    if (colon == kNone || open < colon || open >= text.size()) return std::nullopt;
    YamlList list(text, colon);
    const bool understood = text[open] == '['   ? list.read_flow(pair.second, open)
                            : text[open] == '-' ? list.read_block(pair.second, open)
                                                : false;
    return understood ? std::optional(std::move(list)) : std::nullopt;
  }
  return std::nullopt;
}

bool YamlList::read_flow(const YAML::Node& list, std::size_t open) {
  open_ = open;
  close_ = closing_bracket(text_, open);
  if (close_ == kNone) return false;
  style_ = list.size() == 0 ? Style::empty : Style::flow;
  for (const YAML::Node& node : list) {
    const std::size_t begin = place_of(text_, node);
    if (begin >= close_ || text_[begin] != '{') return false;
    const std::size_t close = closing_bracket(text_, begin);
    if (close >= close_) return false;
    entries_.push_back({begin, begin, close + 1});
  }
  return true;
}

bool YamlList::read_block(const YAML::Node& list, std::size_t dash) {
  style_ = Style::block;
  const std::size_t first_line = text::line_begin(text_, dash);
  dash_column_ = dash - first_line;
  for (const YAML::Node& node : list) {
    const std::size_t open = place_of(text_, node);
    if (!node.IsMap() || node.size() == 0 || open >= text_.size()) return false;
    // The dash stands before the map on its line, or on one further up with only comments between.
    std::size_t begin = text::line_begin(text_, open);
    const auto is_dash_line = [this](std::string_view line) {
      return text::indentation(line) == dash_column_ && line.size() > dash_column_ &&
             line[dash_column_] == '-';
    };
    while (!is_dash_line(text::line_at(text_, begin))) {
      const std::string_view before = text_.substr(begin, open - begin);
      if (begin <= first_line ||
          !(text::is_blank(before) || text::is_comment(text::line_at(text_, begin)))) {
        return false;
      }
      begin = text::line_begin(text_, begin - 1);
    }
    const std::string_view between = text_.substr(begin + dash_column_ + 1, open - begin);
    const std::size_t next = text::next_token(text_, begin + dash_column_ + 1);
    if (between.empty() || next != open) return false;
    entries_.push_back({open, begin, end_of_block(node)});
  }
  return !entries_.empty();
}

/// Behind the last line of an entry of a block, and the comments that stand in it.
std::size_t YamlList::end_of_block(const YAML::Node& entry) const {
  std::size_t last = place_of(text_, entry);
  if (text_[last] == '{') {
    last = std::min(closing_bracket(text_, last), text_.size());
  } else {
    for (const auto& pair : entry) {
      last = std::max({last, place_of(text_, pair.first), place_of(text_, pair.second)});
    }
  }
  std::size_t end = text::line_end(text_, last);
  while (end < text_.size() && text::is_comment(text::line_at(text_, end)) &&
         text::indentation(text::line_at(text_, end)) > dash_column_) {
    end = text::line_end(text_, end);
  }
  return end;
}

bool YamlList::blank_line_before(std::size_t begin) const {
  return begin > 0 && text::is_blank(text::line_at(text_, text::line_begin(text_, begin - 1)));
}

std::string YamlList::with(const NewEntry& entry) const {
  switch (style_) {
    case Style::empty:
      return with_first(entry);
    case Style::block:
      return with_block(entry);
    case Style::flow:
      break;
  }
  return with_flow(entry);
}

std::string YamlList::with_first(const NewEntry& entry) const {
  const std::string without_brackets = text::replaced(text_, {{colon_, close_ + 1, ""}});
  const text::Replacement lines =
      text::lines_at(without_brackets, text::line_end(without_brackets, colon_),
                     block_map(entry, std::string(kUsualIndentation, ' ') + '-' + ' '));
  return text::replaced(without_brackets, {lines});
}

std::string YamlList::with_block(const NewEntry& entry) const {
  const Entry& last = entries_.back();
  const bool dash_alone = text::line_begin(text_, last.open) != last.begin;
  const std::string dash = dash_alone
                               ? std::string(dash_column_, ' ') + "- "
                               : std::string(text_.substr(last.begin, last.open - last.begin));
  std::vector<std::string> lines;
  if (text_[last.open] == '{') {
    lines.push_back(dash + flow_map(entry, text_[last.open + 1] == ' '));
  } else {
    lines = block_map(entry, dash);
  }
  // Entries that stand apart go on standing apart.
  if (entries_.size() > 1 && blank_line_before(last.begin)) lines.insert(lines.begin(), "");
  return text::replaced(text_, {text::lines_at(text_, last.end, lines)});
}

std::string YamlList::with_flow(const NewEntry& entry) const {
  const Entry& last = entries_.back();
  const std::string map = flow_map(entry, text_[last.open + 1] == ' ');
  return text::replaced(text_, text::element_behind(text_, last.begin, last.end, close_, map));
}

std::string_view YamlList::lines_of(std::size_t index) const {
  const Entry& entry = entries_[index];
  const std::size_t begin = text::line_begin(text_, entry.begin);
  const std::size_t end = style_ == Style::block ? entry.end : text::line_end(text_, entry.end);
  return text_.substr(begin, end - begin);
}

std::string YamlList::without(std::size_t index) const {
  return style_ == Style::block ? without_block(index) : without_flow(index);
}

std::string YamlList::without_block(std::size_t index) const {
  std::size_t begin = entries_[index].begin;
  std::size_t end = entries_[index].end;
  if (entries_.size() == 1) {
    if (end == text_.size() && !text_.ends_with('\n')) {
      begin -= text_.substr(0, begin).ends_with("\r\n") ? 2 : 1;
    }
    return text::replaced(text_, {{colon_, colon_, " []"}, {begin, end, ""}});
  }
  // Of the two blank lines between which it may have stood apart one goes with it.
  const bool first = index == 0;
  if (!first && blank_line_before(begin)) {
    begin = text::line_begin(text_, begin - 1);
  } else if (first && end < text_.size() && text::is_blank(text::line_at(text_, end)) &&
             !blank_line_before(begin)) {
    end = text::line_end(text_, end);
  }
  // A text that ended without a line's ending still does.
  if (end == text_.size() && !text_.ends_with('\n')) {
    begin -= text_.substr(0, begin).ends_with("\r\n") ? 2 : 1;
  }
  return text::replaced(text_, {{begin, end, ""}});
}

std::string YamlList::without_flow(std::size_t index) const {
  const Entry& entry = entries_[index];
  const bool last = index + 1 == entries_.size();
  const std::size_t next = text::next_token(text_, entry.end);
  const std::size_t behind = text_[next] == ',' ? next + 1 : entry.end;

  if (text::begins_its_line(text_, entry.begin)) {
    const std::size_t end = text::line_end(text_, behind);
    const std::string_view rest = text_.substr(behind, end - behind);
    if (text::next_token(rest, 0) == rest.size()) {
      std::vector<text::Replacement> changes{{text::line_begin(text_, entry.begin), end, ""}};
      if (last && behind == entry.end && index > 0) {
        const std::size_t comma = text::next_token(text_, entries_[index - 1].end);
        changes.push_back({comma, comma + 1, ""});
      }
      return text::replaced(text_, std::move(changes));
    }
  }
  if (!last) return text::replaced(text_, {{entry.begin, entries_[index + 1].begin, ""}});
  if (index > 0) return text::replaced(text_, {{entries_[index - 1].end, entry.end, ""}});
  const bool nothing_else = text::is_blank(text_.substr(open_ + 1, entry.begin - open_ - 1)) &&
                            text::is_blank(text_.substr(behind, close_ - behind));
  return nothing_else ? text::replaced(text_, {{open_ + 1, close_, ""}})
                      : text::replaced(text_, {{entry.begin, behind, ""}});
}

}  // namespace icom::config
