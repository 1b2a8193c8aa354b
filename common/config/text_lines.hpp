// Lines of a settings file's text, and changes of it that leave every other byte alone. Private to
// common/config.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace icom::config {

/// Where the line of `at` begins, and where the next one does (the text's end, if none does).
std::size_t line_begin(std::string_view text, std::size_t at);
std::size_t line_end(std::string_view text, std::size_t at);
/// The line that begins at `begin`, without its ending.
std::string_view line_at(std::string_view text, std::size_t begin);

/// Only spaces and tabs, or nothing.
bool is_blank(std::string_view line);
/// Nothing but a comment.
bool is_comment(std::string_view line);
/// Of the first character that is no space.
std::size_t indentation(std::string_view line);
/// How the text's first line ends: "\r\n", or else "\n".
std::string_view line_ending(std::string_view text);

/// `text` takes the place of what stands from `begin` to before `end`.
struct Replacement {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};

/// Precondition: no two overlap, and all are within the text.
std::string replaced(std::string_view text, std::vector<Replacement> replacements);

}  // namespace icom::config
