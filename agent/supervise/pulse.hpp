// Tells a program that hangs from one that nobody has looked at.
#pragma once

#include <chrono>

namespace icom::supervise {

struct PulseTimings {
  /// Without a sign of life, under our eyes, a program hangs. Four of its beats: what hangs is
  /// noticed within five seconds.
  std::chrono::milliseconds silent = std::chrono::seconds(4);
  std::chrono::milliseconds look = std::chrono::milliseconds(500);  ///< between two looks
  /// Looks that are farther apart than this show that we did not run ourselves: the machine slept,
  /// or we were stopped. What was not seen meanwhile counts for nothing.
  std::chrono::milliseconds blind = std::chrono::seconds(2);
};

/// One program's signs of life, as whoever looks for them finds them. Not thread-safe.
class Pulse {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Pulse(const PulseTimings& timings) : timings_(timings) {}

  /// To be called at each look, after everything that waits to be heard was heard. `alive`: there
  /// was a sign of life since the last look. True: it hangs; and again each `silent` as long as it
  /// does.
  bool hangs(Clock::time_point now, bool alive) {
    const bool looked_all_the_time = now - looked_ <= timings_.blind;
    looked_ = now;
    if (alive || !looked_all_the_time) silent_since_ = now;
    if (now - silent_since_ < timings_.silent) return false;
    silent_since_ = now;
    return true;
  }
  [[nodiscard]] Clock::time_point next_look() const { return looked_ + timings_.look; }

 private:
  PulseTimings timings_;
  Clock::time_point looked_{};
  Clock::time_point silent_since_{};
};

}  // namespace icom::supervise
