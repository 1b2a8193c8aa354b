// Keeps an event that repeats all night from filling a disk with its lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace icom::log {

/// A token bucket: `burst` lines at once, then one each `refill`. Not thread-safe.
///
///     if (const auto unsaid = limit.admit(now)) spdlog::warn("… ({} like this not logged)",
///     *unsaid);
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimit(std::uint32_t burst, Clock::duration refill) : burst_(burst), refill_(refill) {}

  /// Nothing if this line is to be left out; otherwise how many were left out since the last one
  /// admitted.
  std::optional<std::uint64_t> admit(Clock::time_point now);

 private:
  std::uint32_t burst_;
  Clock::duration refill_;
  std::uint32_t used_ = 0;
  Clock::time_point counted_from_{};
  std::uint64_t left_out_ = 0;
};

}  // namespace icom::log
