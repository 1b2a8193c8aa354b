#include "common/log/rate_limit.hpp"

#include <algorithm>
#include <utility>

namespace icom::log {

std::optional<std::uint64_t> RateLimit::admit(Clock::time_point now) {
  if (used_ == 0) {
    counted_from_ = now;
  } else if (const auto regained = (now - counted_from_) / refill_; regained > 0) {
    used_ -= static_cast<std::uint32_t>(std::min<decltype(regained)>(regained, used_));
    counted_from_ += refill_ * regained;
  }
  if (used_ == burst_) {
    ++left_out_;
    return std::nullopt;
  }
  ++used_;
  return std::exchange(left_out_, 0);
}

}  // namespace icom::log
