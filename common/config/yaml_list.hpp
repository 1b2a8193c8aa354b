// A list of maps in a YAML text, and where its parts stand: for adding and removing one by changing
// the text there and nowhere else. Private to common/config.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace icom::config {

/// The pairs of an entry, with values as they are to be written.
using NewEntry = std::vector<std::pair<std::string, std::string>>;

/// What it does not understand (a tag, an anchor, an entry that begins on another's line) it
/// declines. The caller compares what comes out with what was meant: yaml-cpp tells where a node
/// begins, and where it ends is found here in the text.
class YamlList {
 public:
  /// Of the document's map `document`, whose text is `text`. Nothing if it is declined. `text` must
  /// outlive this.
  static std::optional<YamlList> find(std::string_view text, const YAML::Node& document,
                                      const std::string& key);

  /// The text with one more entry behind the last, written as that is.
  [[nodiscard]] std::string with(const NewEntry& entry) const;
  /// The lines on which an entry stands.
  [[nodiscard]] std::string_view lines_of(std::size_t index) const;
  /// The text without an entry: with it go the comments on its lines and in it.
  [[nodiscard]] std::string without(std::size_t index) const;

 private:
  enum class Style : std::uint8_t { empty, block, flow };
  struct Entry {
    std::size_t open = 0;   ///< where its map begins
    std::size_t begin = 0;  ///< block: its first line; flow: its bracket
    std::size_t end = 0;    ///< behind its last line, or behind its bracket
  };

  YamlList(std::string_view text, std::size_t colon) : text_(text), colon_(colon) {}
  bool read_flow(const YAML::Node& list, std::size_t open);
  bool read_block(const YAML::Node& list, std::size_t dash);
  [[nodiscard]] std::size_t end_of_block(const YAML::Node& entry) const;

  [[nodiscard]] std::string with_first(const NewEntry& entry) const;
  [[nodiscard]] std::string with_block(const NewEntry& entry) const;
  [[nodiscard]] std::string with_flow(const NewEntry& entry) const;
  [[nodiscard]] std::string without_block(std::size_t index) const;
  [[nodiscard]] std::string without_flow(std::size_t index) const;
  [[nodiscard]] bool blank_line_before(std::size_t begin) const;

  std::string_view text_;
  std::size_t colon_;  ///< behind the key's colon
  Style style_ = Style::empty;
  std::size_t dash_column_ = 0;  ///< block
  std::size_t open_ = 0;         ///< flow and empty: its brackets
  std::size_t close_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace icom::config
