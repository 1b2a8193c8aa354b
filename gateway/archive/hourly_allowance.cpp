#include "gateway/archive/hourly_allowance.hpp"

#include <algorithm>

namespace icom::archive {

HourlyAllowance::HourlyAllowance(std::uint32_t per_hour)
    : most_(std::max(per_hour, 1U)),
      interval_(std::chrono::duration_cast<Clock::duration>(std::chrono::hours(1)) / most_) {}

void HourlyAllowance::bring_back(Clock::time_point now) {
  if (used_ == 0) {
    counted_from_ = now;
    return;
  }
  const auto back =
      std::min<std::uint64_t>(used_, static_cast<std::uint64_t>((now - counted_from_) / interval_));
  used_ -= back;
  counted_from_ += interval_ * static_cast<Clock::rep>(back);
}

bool HourlyAllowance::is_left(Clock::time_point now) {
  bring_back(now);
  return used_ < most_;
}

void HourlyAllowance::use(Clock::time_point now) {
  bring_back(now);
  ++used_;
}

HourlyAllowance::Clock::time_point HourlyAllowance::next(Clock::time_point now) {
  if (is_left(now)) return now;
  return counted_from_ + interval_ * static_cast<Clock::rep>(used_ - most_ + 1);
}

}  // namespace icom::archive
