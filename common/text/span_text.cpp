#include "common/text/span_text.hpp"

namespace icom::text {

namespace {

constexpr std::int64_t kHour = 3'600;
constexpr std::int64_t kDay = 24 * kHour;

}  // namespace

std::string span_text(std::int64_t seconds) {
  if (seconds < 2 * kHour) return std::to_string(seconds) + " s";
  if (seconds < 2 * kDay) return std::to_string(seconds / kHour) + " hours";
  return std::to_string(seconds / kDay) + " days";
}

std::string seconds_and_span_text(std::int64_t seconds) {
  const std::string number = std::to_string(seconds) + " s";
  return seconds < 2 * kHour ? number : number + " (" + span_text(seconds) + ")";
}

}  // namespace icom::text
