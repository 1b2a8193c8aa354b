// Numbers as a Linac writes them (`-12.5`), as integers that can be subtracted. Used by the delta
// codec only, since it is exact about the text: a number stands for one text and no other.
#pragma once

#include <cstddef>
#include <cstdint>

namespace icom {

/// Up to 8 characters, the first in the lowest byte; the bytes above are 0.
struct ShortText {
  static constexpr std::size_t kMaxSize = 8;
  std::uint64_t letters = 0;
  std::size_t size = 0;
};

/// A decimal number, `value` / 10^`decimals`, written plainly: no leading zeros but the one before
/// a point, no plus, no negative zero, no more than 8 characters. decimals < 0: not such a number.
struct ShortNumber {
  std::int32_t value = 0;
  std::int8_t decimals = -1;

  [[nodiscard]] bool is_number() const { return decimals >= 0; }
};

ShortNumber parse_short_number(ShortText text);

/// The inverse; a text of size 0 if it would not fit. Precondition: is_number().
ShortText short_number_text(ShortNumber number);

}  // namespace icom
