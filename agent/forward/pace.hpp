// How fast bytes may go through a forward.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace icom::forward {

/// A bucket that fills at `rate` bytes a second and holds a tenth of a second's worth. Who takes
/// more than it holds owes the rest, and waits as long as that takes to flow in; several takers
/// stand in line. Has no clock. Not thread-safe.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  /// Precondition: rate > 0.
  explicit Pace(std::uint64_t rate) : rate_(rate) {}

  /// `bytes` are taken at `now`; they may be passed on at the time returned.
  Clock::time_point take(std::size_t bytes, Clock::time_point now);

 private:
  std::uint64_t rate_;
  Clock::time_point paid_until_{};  ///< when all that was taken will have flowed in
};

}  // namespace icom::forward
