// When to call the Linac again.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "agent/listen/listener_timings.hpp"

namespace icom::listen {

/// At once after a connection that lasted. After a shorter one that brought a frame, so that the
/// Linac sends: at once, too, but no more than one connection per second. Otherwise after a delay
/// that doubles up to a limit, with jitter, so that a Linac that refuses or drops us is not
/// pestered, nor by all listeners at the same moment. Not thread-safe.
class ReconnectPace {
 public:
  using Milliseconds = std::chrono::milliseconds;

  ReconnectPace(const ListenerTimings& timings, std::uint64_t seed);

  /// `lasted`: how long the connection was open; 0 if it did not come about.
  Milliseconds next(std::chrono::nanoseconds lasted, bool brought_frame);

 private:
  Milliseconds first_;
  Milliseconds last_;
  Milliseconds steady_;
  Milliseconds call_each_;
  Milliseconds ceiling_;
  std::minstd_rand random_;
};

}  // namespace icom::listen
