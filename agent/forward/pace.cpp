#include "agent/forward/pace.hpp"

#include <algorithm>

namespace icom::forward {
namespace {

constexpr std::chrono::milliseconds kHeld{100};
constexpr std::uint64_t kHeldInASecond = 10;

}  // namespace

std::size_t Pace::holds() const {
  return std::max<std::uint64_t>(rate_ / kHeldInASecond, 1);
}

Pace::Clock::duration Pace::flow(std::size_t bytes) const {
  const std::chrono::duration<double> exact(static_cast<double>(bytes) /
                                            static_cast<double>(rate_));
  return std::chrono::ceil<Clock::duration>(exact);
}

Pace::Clock::time_point Pace::when(std::size_t bytes, Clock::time_point now) const {
  const Clock::duration needed = std::min<Clock::duration>(flow(bytes), kHeld);
  return std::max(paid_until_, now - kHeld) + needed;
}

void Pace::take(std::size_t bytes, Clock::time_point now) {
  paid_until_ = std::max(paid_until_, now - kHeld) + flow(bytes);
}

void Pace::give_back(std::size_t bytes) {
  paid_until_ -= flow(bytes);
}

}  // namespace icom::forward
