// Paths as texts, and texts as paths. In files, in messages and on command lines a path is UTF-8,
// whatever the operating system has it in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace icom::os {

inline std::string utf8(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

/// Where the operating system takes any bytes, as POSIX does, these are the name.
inline std::filesystem::path path_of_utf8(std::string_view text) {
  return std::u8string(text.begin(), text.end());
}

}  // namespace icom::os
