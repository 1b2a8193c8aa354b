#include "common/icom/frame_identity.hpp"

#include <xxhash.h>

#include <chrono>
#include <cstdio>

namespace icom {

namespace {

constexpr std::string_view kDateShape =
    "dddd-dd-dddd:dd:dd";  // d: a digit; others stand for themselves
static_assert(kDateShape.size() == kDateSize);

int number_at(const std::byte* at, int digits) {
  int value = 0;
  for (int i = 0; i < digits; ++i) {
    value = 10 * value + (static_cast<int>(at[i]) - '0');
  }
  return value;
}

struct CivilTime {
  int year;
  unsigned month;
  unsigned day;
  int hour;
  int minute;
  int second;
};

CivilTime civil(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds{seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count())};
}

std::string formatted(const char* format, const CivilTime& t) {
  char text[64];
  const int size =
      std::snprintf(text, sizeof text, format, t.year, t.month, t.day, t.hour, t.minute, t.second);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

bool is_date_anchor(const std::byte* at) {
  return matches_date_shape({at, kDateSize});
}

bool matches_date_shape(Bytes bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto letter = static_cast<unsigned char>(bytes[i]);
    const bool fits = kDateShape[i] == 'd' ? letter - unsigned{'0'} < 10U
                                           : letter == static_cast<unsigned char>(kDateShape[i]);
    if (!fits) {
      return false;
    }
  }
  return true;
}

std::int64_t linac_seconds(const std::byte* at) {
  using namespace std::chrono;
  const year_month month = year{number_at(at, 4)} / January + months{number_at(at + 5, 2) - 1};
  const sys_days day = sys_days{month / 1} + days{number_at(at + 8, 2) - 1};
  const sys_seconds time = day + hours{number_at(at + 10, 2)} + minutes{number_at(at + 13, 2)} +
                           seconds{number_at(at + 16, 2)};
  return time.time_since_epoch().count();
}

std::string linac_time_text(std::int64_t seconds) {
  return formatted("%04d-%02u-%02u%02d:%02d:%02d", civil(seconds));
}

std::string linac_time_file_stem(std::int64_t seconds) {
  return formatted("%04d%02u%02u_%02d%02d%02d", civil(seconds));
}

std::optional<FrameIdentity> identify(Bytes frame) {
  if (frame.size() < kHeaderSize || !is_date_anchor(frame.data() + kDateOffset)) {
    return std::nullopt;
  }
  FrameIdentity identity;
  identity.time = linac_seconds(frame.data() + kDateOffset);
  identity.counter = static_cast<std::uint8_t>(frame[kCounterOffset]);
  identity.hash = content_hash(frame);
  return identity;
}

std::uint64_t content_hash(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace icom
