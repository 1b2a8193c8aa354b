// How long to wait before the next attempt.
#pragma once

#include <chrono>
#include <functional>

namespace icom::forward {

/// Exponential with full jitter: the n-th delay since the last reset is uniform in [0, min(most,
/// first * 2^n)). The jitter keeps the agents of many sites from calling at the same moment after
/// the gateway was away. Not thread-safe.
class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;
  struct Limits {
    Milliseconds first{500};
    Milliseconds most{30'000};
  };
  /// Uniform in [0, 1).
  using Random = std::function<double()>;

  /// Precondition: 0 < first <= most.
  Backoff(Limits limits, Random random);

  Milliseconds next();
  /// The attempt went well: the next delay is drawn from [0, first) again.
  void reset() { ceiling_ = limits_.first; }

 private:
  Limits limits_;
  Random random_;
  Milliseconds ceiling_;
};

/// A generator of this process, seeded by the machine.
Backoff::Random machine_random();

}  // namespace icom::forward
