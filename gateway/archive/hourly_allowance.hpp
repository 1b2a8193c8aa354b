// So many in an hour, and what was not used up is saved for an hour.
#pragma once

#include <chrono>
#include <cstdint>

namespace icom::archive {

/// Full at the beginning; what is used comes back at an even pace. Not thread-safe.
class HourlyAllowance {
 public:
  using Clock = std::chrono::steady_clock;
  /// At least 1.
  explicit HourlyAllowance(std::uint32_t per_hour);

  [[nodiscard]] bool is_left(Clock::time_point now);
  /// Uses one, which may be one too many: then the next ones come back that much later.
  void use(Clock::time_point now);
  /// When one will be left, if none is used meanwhile.
  [[nodiscard]] Clock::time_point next(Clock::time_point now);

 private:
  void bring_back(Clock::time_point now);
  const std::uint32_t most_;
  const Clock::duration interval_;
  std::uint64_t used_ = 0;
  Clock::time_point counted_from_{};
};

}  // namespace icom::archive
