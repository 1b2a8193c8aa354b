#include "agent/listen/counter_watch.hpp"

#include <utility>

namespace icom::listen {

std::uint64_t CounterWatch::see(const FrameIdentity& frame) {
  const auto last = std::exchange(last_, frame);
  if (!last) return 0;
  if (*last == frame) {
    ++counts_.duplicates;
    return 0;
  }
  // A replay of earlier messages, or a clock that was set back: the counter says nothing there.
  if (frame.time < last->time) return 0;
  const auto step = static_cast<std::uint8_t>(frame.counter - last->counter);
  if (step <= 1) return 0;
  ++counts_.gaps;
  counts_.missing_frames += step - 1U;
  return step - 1U;
}

}  // namespace icom::listen
