#include "gateway/cli/linac_time_text.hpp"

#include <cstdio>

#include "common/icom/frame_identity.hpp"

namespace icom::cli {

namespace {
constexpr std::size_t kDate = 10;  // of YYYY-MM-DD
}

std::string linac_time_iso(std::int64_t seconds) {
  std::string text = linac_time_text(seconds);
  if (text.size() != kDateSize || text.starts_with('-') || text.starts_with("0000")) {
    return {};
  }
  text.insert(kDate, 1, 'T');
  return text;
}

std::string linac_time_listed(std::int64_t seconds) {
  std::string text = linac_time_iso(seconds);
  return text.empty() ? "-" : text;
}

std::string utc_iso(std::int64_t microseconds) {
  constexpr std::int64_t kMicro = 1'000'000;
  const std::int64_t fraction = ((microseconds % kMicro) + kMicro) % kMicro;
  char digits[16];
  std::snprintf(digits, sizeof digits, ".%06dZ", static_cast<int>(fraction));
  std::string text = linac_time_iso((microseconds - fraction) / kMicro);
  return text.empty() ? text : text + digits;
}

std::string lead_text(std::int64_t microseconds) {
  constexpr std::int64_t kTenth = 100'000;
  const std::int64_t half = microseconds < 0 ? -kTenth / 2 : kTenth / 2;
  const std::int64_t rounded = (microseconds + half) / kTenth;
  const std::int64_t tenths = rounded < 0 ? -rounded : rounded;
  char text[64];
  std::snprintf(text, sizeof text, "%c%lld:%02d:%02d.%d", rounded < 0 ? '-' : '+',
                static_cast<long long>(tenths / 36'000), static_cast<int>(tenths / 600 % 60),
                static_cast<int>(tenths / 10 % 60), static_cast<int>(tenths % 10));
  return text;
}

std::optional<std::int64_t> parse_linac_time(std::string_view text) {
  constexpr std::string_view kMidnight = "00:00:00";
  std::string whole(text.substr(0, kDate));
  std::string time(text.size() > kDate ? text.substr(kDate + 1) : kMidnight);
  if (text.size() > kDate && text[kDate] != 'T' && text[kDate] != ' ') {
    return std::nullopt;
  }
  if (time.size() == 5) {
    time += ":00";
  }
  whole += time;
  const std::string_view anchor = whole;
  if (anchor.size() != kDateSize || !is_date_anchor(as_bytes(anchor).data())) {
    return std::nullopt;
  }
  const std::int64_t seconds = linac_seconds(as_bytes(anchor).data());
  // linac_seconds() carries over what is out of range; a user's slip must not become another day.
  return linac_time_text(seconds) == whole ? std::optional(seconds) : std::nullopt;
}

}  // namespace icom::cli
