// Characters that move a terminal's cursor instead of being shown.
#pragma once

#include <algorithm>
#include <string>

namespace icom::text {

/// Of ASCII; no byte of UTF-8 beyond it is one.
[[nodiscard]] constexpr bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == 0x7F;
}

/// Each of them as `?`: a line of what others have written stays one line, and leaves the terminal
/// as it is.
[[nodiscard]] inline std::string without_controls(std::string text) {
  std::ranges::replace_if(text, is_control, '?');
  return text;
}

}  // namespace icom::text
