#include "common/text/control.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace icom::text {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Beyond ASCII: the control characters, and all of Unicode's category Cf ("format") with the two
/// separators of lines.
constexpr std::array<Range, 21> kUnseen{{
    {0x0080, 0x009F},   {0x00AD, 0x00AD},   {0x0600, 0x0605},   {0x061C, 0x061C},
    {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},
    {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},
    {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001},
    {0xE0020, 0xE007F},
}};

bool is_unseen(char32_t code) {
  const auto* const found = std::ranges::lower_bound(kUnseen, code, {}, &Range::last);
  return found != kUnseen.end() && code >= found->first;
}

struct Decoded {
  char32_t code = 0;
  std::size_t size = 0;  ///< bytes; 0: no UTF-8 begins there
};

/// Of UTF-8: the shortest form alone, no halves of UTF-16.
Decoded decode(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
  char32_t code = lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool is_half = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast.at(size) || code > 0x10FFFF || is_half ? Decoded{} : Decoded{code, size};
}

template <typename Keeps>
std::string shown(std::string_view text, Keeps keeps) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto [code, size] = decode(text);
    const bool hidden =
        size == 0 || (size == 1 ? is_control(text.front()) && !keeps(text) : is_unseen(code));
    const std::size_t taken = std::max<std::size_t>(size, 1);
    if (hidden) {
      result += '?';
    } else {
      result += text.substr(0, taken);
    }
    text.remove_prefix(taken);
  }
  return result;
}

}  // namespace

std::string without_controls(std::string_view text) {
  return shown(text, [](std::string_view /*rest*/) { return false; });
}

std::string lines_without_controls(std::string_view text) {
  return shown(text, [](std::string_view rest) {
    return rest.front() == '\n' || rest.front() == '\t' || rest.starts_with("\r\n");
  });
}

}  // namespace icom::text
