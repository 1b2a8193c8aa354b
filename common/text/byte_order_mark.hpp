// What some editors put in front of a text.
#pragma once

#include <string_view>

namespace icom::text {

/// `text` without the byte order mark of UTF-8 that it begins with, if it does.
[[nodiscard]] constexpr std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

}  // namespace icom::text
