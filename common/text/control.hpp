// Characters that move a terminal's cursor instead of being shown.
#pragma once

namespace icom::text {

/// Of ASCII; no byte of UTF-8 beyond it is one.
[[nodiscard]] constexpr bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == 0x7F;
}

}  // namespace icom::text
