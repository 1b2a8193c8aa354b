#include "gateway/registration/duration_text.hpp"

#include <charconv>

namespace icom::registration {

namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMost = 90 * kDay;

std::int64_t seconds_of(char unit) {
  if (unit == 'm') return kMinute;
  if (unit == 'h') return kHour;
  return unit == 'd' ? kDay : 0;
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const std::int64_t unit = seconds_of(text.back());
  const char* const end = text.data() + text.size() - 1;
  std::uint32_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || stop != end || unit == 0 || count == 0) return std::nullopt;
  if (count > kMost / unit) return std::nullopt;
  return count * unit;
}

}  // namespace icom::registration
