#include "agent/listen/counter_watch.hpp"

#include <utility>

namespace icom::listen {

std::uint64_t CounterWatch::see(const FrameIdentity& frame, Bytes bytes) {
  const bool learnt_now = convention_.observe(bytes);
  const auto offset = convention_.offset();
  const Seen seen{.identity = frame,
                  .counter = offset ? counter_at(bytes, *offset) : std::uint8_t{0}};
  const auto last = std::exchange(last_, seen);
  if (!last) return 0;
  if (last->identity == frame) {
    ++counts_.duplicates;
    return 0;
  }
  // A replay of earlier messages, or a clock that was set back: the counter says nothing there.
  if (!offset || learnt_now || frame.time < last->identity.time) return 0;
  const auto step = static_cast<std::uint8_t>(seen.counter - last->counter);
  if (step <= 1) return 0;
  ++counts_.gaps;
  counts_.missing_frames += step - 1U;
  return step - 1U;
}

}  // namespace icom::listen
