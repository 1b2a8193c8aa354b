// How fast bytes may go through a forward.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace icom::forward {

/// A bucket that fills at `rate` bytes a second and holds a tenth of a second's worth. Has no
/// clock. Not thread-safe.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  /// Precondition: rate > 0.
  explicit Pace(std::uint64_t rate) : rate_(rate) {}

  /// What it holds when it is full; at least 1 byte.
  [[nodiscard]] std::size_t holds() const;
  /// When it will have `bytes`; or, if that is more than it holds, when it will be full. `now`, or
  /// earlier: it has.
  [[nodiscard]] Clock::time_point when(std::size_t bytes, Clock::time_point now) const;
  /// They are passed on at `now`.
  void take(std::size_t bytes, Clock::time_point now);
  /// They were taken, and not passed on after all.
  void give_back(std::size_t bytes);

 private:
  [[nodiscard]] Clock::duration flow(std::size_t bytes) const;

  std::uint64_t rate_;
  Clock::time_point paid_until_{};  ///< when all that was taken has flowed in
};

}  // namespace icom::forward
