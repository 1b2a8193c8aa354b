// What somebody probably meant who wrote what YAML cannot read, or reads as something else. Private
// to common/config.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace icom::config {

struct YamlMistake {
  int line = 0;          ///< from 1
  std::string read;      ///< that line
  std::string expected;  ///< for a reader
};

/// `text`: a whole file; `line`: where the YAML library gave up, from 1. That is often not where
/// the mistake is. Nothing if no usual mistake is found there.
std::optional<YamlMistake> find_mistake(std::string_view text, int line);

/// The value of the first key of this name, whatever it belongs to, in a file that YAML cannot
/// read.
std::optional<std::string> value_as_written(std::string_view text, std::string_view key);

/// For a value that is not what it should be: what to add to the sentence about it, beginning with
/// "; ", or nothing.
std::string hint_about(std::string_view value);

}  // namespace icom::config
