// Settings files of a fuzzer's making, and what every complaint about one must be.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "common/config/config_error.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/unit/os/temporary_directory.hpp"

namespace icom::fuzz {

/// The process's own folder, gone when it ends in the ordinary way.
inline const std::filesystem::path& settings_folder() {
  static const os::TemporaryDirectory folder;
  return folder.path();
}

inline void write_settings(const std::filesystem::path& file, std::string_view text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  require(stream.good(), "the folder for settings can be written");
}

/// Nothing that moves a terminal's cursor. A path may be in any language.
inline bool is_plain_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
}

/// `text` is the file's whole content.
inline void check_place(const config::Problem& problem, const std::filesystem::path& file,
                        std::string_view text) {
  const auto lines = 1 + std::ranges::count(text, '\n') + std::ranges::count(text, '\r');
  require(problem.file == file.string(), "a problem names the file");
  require(problem.line >= 0 && problem.line <= lines, "a problem's line is one of the file's");
  require((problem.line == 0) == (problem.column == 0), "a line has a column");
  require(problem.line > 0 || problem.key.empty(), "a problem with a key names its line");
  require(!problem.expected.empty(), "a problem says what was expected");
  require(is_plain_line(problem.text()), "a problem is told in one plain line");
  require(problem.text().size() < 2000, "a problem is told shortly");
}

}  // namespace icom::fuzz
