#include "agent/forward/pace.hpp"

#include <algorithm>

namespace icom::forward {
namespace {

constexpr std::chrono::milliseconds kHeld{100};

}  // namespace

Pace::Clock::time_point Pace::take(std::size_t bytes, Clock::time_point now) {
  const std::chrono::duration<double> flow(static_cast<double>(bytes) / static_cast<double>(rate_));
  paid_until_ = std::max(paid_until_, now - kHeld) + std::chrono::ceil<Clock::duration>(flow);
  return std::max(paid_until_, now);
}

}  // namespace icom::forward
