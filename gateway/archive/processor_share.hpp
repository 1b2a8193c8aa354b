// How long a thread rests, so that it takes no more than its share of a processor.
#pragma once

#include <chrono>

namespace icom::archive {

/// One in `parts` of a processor's time; what was not used is not saved up. Not thread-safe.
class ProcessorShare {
 public:
  using Time = std::chrono::nanoseconds;
  explicit ProcessorShare(int parts) : parts_(parts) {}

  /// Zero, or how long the thread is to rest now. `used`: the processor's time that it has taken
  /// so far. `now`: the time of any steady clock.
  [[nodiscard]] Time rest(Time used, Time now);

 private:
  // Shorter ones cost more than they save.
  static constexpr Time kShortest = std::chrono::milliseconds(5);
  const int parts_;
  Time used_before_{0};
  Time begun_{0};
};

}  // namespace icom::archive
