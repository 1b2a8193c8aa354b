#include "common/zone/time_zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace icom {

namespace {

using std::chrono::seconds;

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
/// The database tells of changes before 2038.
constexpr std::int64_t kEndOfRules = 2'145'916'800;
/// Before this there were no zones; further back no change is looked for.
constexpr std::int64_t kBeforeZones = -6'000'000'000;
constexpr std::int64_t kMinute = 60;

const date::time_zone& known(const void* zone) {
  return *static_cast<const date::time_zone*>(zone);
}

date::local_info info_of(const void* zone, std::int64_t local) {
  return known(zone).get_info(date::local_seconds(seconds(local)));
}

}  // namespace

std::optional<TimeZone> TimeZone::find(const std::string& name) {
  try {
    return TimeZone(date::locate_zone(name));
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

std::int64_t TimeZone::offset_at(std::int64_t utc) const {
  return known(zone_).get_info(date::sys_seconds(seconds(utc))).offset.count();
}

bool TimeZone::is_ambiguous(std::int64_t local) const {
  return info_of(zone_, local).result != date::local_info::unique;
}

std::int64_t TimeZone::offset_of(std::int64_t local, std::int64_t about) const {
  const date::local_info info = info_of(zone_, local);
  const std::int64_t first = info.first.offset.count();
  if (info.result == date::local_info::unique) {
    return first;
  }
  const std::int64_t second = info.second.offset.count();
  const auto away = [&](std::int64_t offset) { return std::abs(local - offset - about); };
  return away(first) <= away(second) ? first : second;
}

std::optional<TimeZone::Stretch> TimeZone::around(std::int64_t local) const {
  if (local >= kEndOfRules) {
    return Stretch{kEndOfRules, kHighest};
  }
  const date::local_info info = info_of(zone_, local);
  if (info.result != date::local_info::unique) {
    return std::nullopt;
  }
  const std::int64_t offset = info.first.offset.count();
  const std::int64_t begin = info.first.begin.time_since_epoch().count();
  const std::int64_t end = info.first.end.time_since_epoch().count();
  Stretch stretch{kLowest, kEndOfRules};
  // At either end the clock may show a time twice, or skip some.
  if (begin > kBeforeZones) {
    stretch.from = begin + std::max(offset, offset_at(begin - 1));
  }
  if (end < kEndOfRules) {
    stretch.until = std::min(kEndOfRules, end + std::min(offset, offset_at(end)));
  }
  if (offset % kMinute == 0) {
    stretch.offset = offset;
  }
  return stretch;
}

std::string offset_text(std::int64_t offset) {
  const std::int64_t size = std::abs(offset);
  char text[32];
  std::snprintf(text, sizeof text, "%c%02d:%02d", offset < 0 ? '-' : '+',
                static_cast<int>(size / 3600), static_cast<int>(size / 60 % 60));
  std::string whole = text;
  if (size % 60 != 0) {
    std::snprintf(text, sizeof text, ":%02d", static_cast<int>(size % 60));
    whole += text;
  }
  return whole;
}

}  // namespace icom
