#include "common/icom/short_number.hpp"

#include <bit>

namespace icom {

// Eight characters are one register: no loop over them and no branch that depends on what they are,
// since leaf positions change sign and size all the time. First character in the lowest byte
// throughout.

namespace {

constexpr std::uint64_t kZeros = 0x3030303030303030;   // eight times '0'
constexpr std::uint64_t kPoints = 0x2E2E2E2E2E2E2E2E;  // eight times '.'
constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x8080808080808080;
constexpr std::int32_t kLimit = 100'000'000;  // more than eight digits

// The lowest `count` bytes (0 to 7) of `letters`.
std::uint64_t lowest(std::uint64_t letters, std::size_t count) {
  return letters & ((std::uint64_t{1} << (8 * count)) - 1);
}

bool all_digits(std::uint64_t letters) {
  constexpr std::uint64_t kHighNibbles = 0xF0F0F0F0F0F0F0F0;
  constexpr std::uint64_t kSixes = 0x0606060606060606;
  return (letters & kHighNibbles) == kZeros && ((letters + kSixes) & kHighNibbles) == kZeros;
}

// Precondition: all_digits(letters). Pairs, then fours, then eight.
std::int32_t value_of_digits(std::uint64_t letters) {
  letters -= kZeros;
  letters = (letters * 10 + (letters >> 8U)) & 0x00FF00FF00FF00FF;
  letters = (letters * 100 + (letters >> 16U)) & 0x0000FFFF0000FFFF;
  return static_cast<std::int32_t>((letters * 10'000 + (letters >> 32U)) & 0xFFFFFFFF);
}

// The inverse, as digits 0 to 9, not yet characters. Precondition: 0 <= value < kLimit. Divisions
// by 100 and by 10 are multiplications, exact for what they are given, in two and in four lanes.
std::uint64_t digits_of(std::uint32_t value) {
  const std::uint64_t fours =
      std::uint64_t{value / 10'000} | (std::uint64_t{value % 10'000} << 32U);
  const std::uint64_t hundreds = ((fours * 10'486) >> 20U) & 0x0000007F0000007F;
  const std::uint64_t pairs = hundreds | ((fours - 100 * hundreds) << 16U);
  const std::uint64_t tens = ((pairs * 103) >> 10U) & 0x000F000F000F000F;
  return tens | ((pairs - 10 * tens) << 8U);
}

}  // namespace

ShortNumber parse_short_number(ShortText text) {
  const std::size_t sign = (text.letters & 0xFF) == '-' ? 1 : 0;
  if (text.size <= sign || text.size > ShortText::kMaxSize) {
    return {};
  }
  std::uint64_t letters = text.letters >> (8 * sign);
  std::size_t size = text.size - sign;

  const std::uint64_t off_point = letters ^ kPoints;
  const std::uint64_t points = (off_point - kOnes) & ~off_point & kHighBits;
  std::size_t whole = size;  // digits before the point
  if (points != 0) {
    whole = static_cast<std::size_t>(std::countr_zero(points)) / 8;
    if (whole == 0 || whole + 1 == size) {
      return {};
    }
    letters = lowest(letters, whole) | ((letters >> 8U) & ~lowest(~std::uint64_t{0}, whole));
    --size;
  }
  const bool leading_zero = (letters & 0xFF) == '0' && whole > 1;
  const std::size_t missing = ShortText::kMaxSize - size;
  // `missing` is at most 7: the letters move up, zeros come in below, which is in front.
  const std::uint64_t eight = (letters << (8 * missing)) | lowest(kZeros, missing);
  if (leading_zero || !all_digits(eight)) {
    return {};
  }
  const std::int32_t value = value_of_digits(eight);
  if (sign == 1 && value == 0) {
    return {};
  }
  return {sign == 1 ? -value : value, static_cast<std::int8_t>(size - whole)};
}

ShortText short_number_text(ShortNumber number) {
  const bool negative = number.value < 0;
  const std::int64_t magnitude = negative ? -std::int64_t{number.value} : number.value;
  if (magnitude >= kLimit) {
    return {};
  }
  const auto decimals = static_cast<std::size_t>(static_cast<std::uint8_t>(number.decimals));
  const std::uint64_t digits = digits_of(static_cast<std::uint32_t>(magnitude));
  // The lowest digit counts even if it is 0, and so does the one before the point.
  const auto leading_zeros =
      static_cast<std::size_t>(std::countr_zero(digits | (std::uint64_t{1} << 56U))) / 8;
  std::size_t size = ShortText::kMaxSize - leading_zeros;
  size = size > decimals ? size : decimals + 1;
  if (size + (decimals > 0 ? 1 : 0) + (negative ? 1 : 0) > ShortText::kMaxSize) {
    return {};
  }
  std::uint64_t letters = (digits | kZeros) >> (8 * (ShortText::kMaxSize - size));
  if (decimals > 0) {
    const std::size_t whole = size - decimals;
    letters = lowest(letters, whole) | (std::uint64_t{'.'} << (8 * whole)) |
              ((letters & ~lowest(~std::uint64_t{0}, whole)) << 8U);
    ++size;
  }
  if (negative) {
    letters = (letters << 8U) | '-';
    ++size;
  }
  return {letters, size};
}

}  // namespace icom
