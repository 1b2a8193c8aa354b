// Characters that move a terminal's cursor, or change how what is beside them is shown, instead of
// being shown themselves.
#pragma once

#include <string>
#include <string_view>

namespace icom::text {

/// Of ASCII. Those beyond it are no single byte of UTF-8: without_controls().
[[nodiscard]] constexpr bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == 0x7F;
}

/// Each of them as one `?`: a line of what others have written stays one line, leaves the terminal
/// as it is, and reads as it is stored. So control characters of ASCII and beyond (U+0080 to
/// U+009F), characters that nobody sees and that turn the direction of text, break a line or hide
/// something (U+202E and the like), and bytes that are no UTF-8, which a terminal may take for any
/// of these.
[[nodiscard]] std::string without_controls(std::string_view text);

/// The same for text of several lines: their ends and tabs stay.
[[nodiscard]] std::string lines_without_controls(std::string_view text);

}  // namespace icom::text
