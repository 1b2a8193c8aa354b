#include "agent/enrol/clock_text.hpp"

namespace icom::enrol {

namespace {

std::string span_text(std::int64_t seconds) {
  constexpr std::int64_t kHour = 3'600;
  constexpr std::int64_t kDay = 24 * kHour;
  if (seconds < 2 * kHour) return std::to_string(seconds) + " s";
  if (seconds < 2 * kDay) return std::to_string(seconds / kHour) + " hours";
  return std::to_string(seconds / kDay) + " days";
}

}  // namespace

std::string clock_text(std::int64_t here, std::int64_t gateway) {
  constexpr std::int64_t kAgree = 60;
  const std::int64_t behind = gateway - here;
  if (behind >= -kAgree && behind <= kAgree) return {};
  return "this machine's clock is " + span_text(behind < 0 ? -behind : behind) + " " +
         (behind < 0 ? "ahead of" : "behind") +
         " the gateway's: set the wrong one of them right (NTP). Frames keep the Linac's own "
         "times, but ages and expiries are judged by it";
}

}  // namespace icom::enrol
