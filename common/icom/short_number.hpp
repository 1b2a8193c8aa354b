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

/// Replaces the last digit, `was`, by `now`: what most changes come down to, and much quicker than
/// the two functions above. False, changing nothing, where that would be no digit or a negative
/// zero. Precondition: number.is_number().
inline bool replace_last_digit(ShortNumber& number, int was, int now) {
  const bool negative = number.value < 0;
  const std::int32_t value = number.value + (negative ? was - now : now - was);
  if (now < 0 || now > 9 || (negative && value == 0)) {
    return false;
  }
  number.value = value;
  return true;
}

}  // namespace icom
