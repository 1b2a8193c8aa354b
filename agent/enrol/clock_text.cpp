#include "agent/enrol/clock_text.hpp"

#include "common/text/span_text.hpp"

namespace icom::enrol {

std::string clock_text(std::int64_t here, std::int64_t gateway) {
  constexpr std::int64_t kAgree = 60;
  const std::int64_t behind = gateway - here;
  if (behind >= -kAgree && behind <= kAgree) return {};
  return "this machine's clock is " + text::span_text(behind < 0 ? -behind : behind) + " " +
         (behind < 0 ? "ahead of" : "behind") +
         " the gateway's: set the wrong one of them right (NTP). Frames keep the Linac's own "
         "times, but ages and expiries are judged by it";
}

}  // namespace icom::enrol
