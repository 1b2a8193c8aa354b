// Lines of a settings file's text, and changes of it that leave every other byte alone. Comments
// begin with #, as in YAML and TOML.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace icom::text {

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
/// Only white space stands in front of `at` on its line.
bool begins_its_line(std::string_view text, std::size_t at);
/// Where the next character stands that is neither white space nor comment; the text's end if none
/// does. `at` must not be inside a value.
std::size_t next_token(std::string_view text, std::size_t at);
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

/// One more element of a list in brackets, behind its last one, which stands from `begin` to before
/// `end`: on a line of its own if that does, and with a comma behind it if that has one. `close`:
/// where the closing bracket stands.
std::vector<Replacement> element_behind(std::string_view text, std::size_t begin, std::size_t end,
                                        std::size_t close, const std::string& element);

/// `lines`, which have no endings, as lines of their own in front of `at`, where a line begins or
/// the text ends. A text that ends without a line's ending goes on doing so.
Replacement lines_at(std::string_view text, std::size_t at, const std::vector<std::string>& lines);

}  // namespace icom::text
