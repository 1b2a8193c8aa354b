// A TOML text and what it reads as, for changes that leave every other byte alone. Private to
// gateway/pymedphys.
#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/text/text_lines.hpp"

namespace icom::pymedphys {

/// Keys with values as TOML writes them.
using TomlPairs = std::vector<std::pair<std::string, std::string>>;

/// The text cannot be changed there without touching something else.
struct NotUnderstood : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Where the text must change is told by the library's source positions. Each change reads the text
/// again: nodes that were asked for before are gone then.
class TomlDocument {
 public:
  /// Throws toml::parse_error.
  explicit TomlDocument(std::string text);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const toml::table& tree() const { return tree_; }

  // Each throws NotUnderstood. `table` and `array` are of tree().

  /// Changes the value, or adds the key behind the table's others.
  void set(const toml::table& table, const std::string& key, const std::string& value);
  /// One more element behind the last.
  void push_back(const toml::array& array, const std::string& element);
  /// A table with its header behind everything of `node`, a blank line before it; indented as
  /// `like` is.
  void add_table_behind(const toml::node& node, const toml::table& like, const std::string& header,
                        const TomlPairs& pairs);
  /// Lines behind everything of `node`, and at the end; a blank line before them.
  void add_lines_behind(const toml::node& node, const std::vector<std::string>& lines);
  void add_lines_at_end(const std::vector<std::string>& lines);

 private:
  void change(std::vector<text::Replacement> replacements);
  void add_key_line(const toml::table& table, const std::string& key, const std::string& value);
  void add_lines(std::size_t at, std::vector<std::string> lines);
  [[nodiscard]] std::size_t offset(const toml::source_position& place) const;
  [[nodiscard]] std::size_t begin_of(const toml::node& node) const;
  [[nodiscard]] std::size_t end_of(const toml::node& node) const;
  [[nodiscard]] std::size_t behind(const toml::node& node) const;
  [[nodiscard]] std::string indentation_at(std::size_t at) const;

  std::string text_;
  toml::table tree_;
};

/// As TOML writes it: a path of Windows without doubling its backslashes. Throws
/// std::invalid_argument for what no path holds.
std::string toml_text(const std::string& value);
/// `{ key = value, ... }`
std::string toml_inline(const TomlPairs& pairs);
/// Tables that stand under headers of their own.
bool is_array_of_headers(const toml::node& node);

}  // namespace icom::pymedphys
