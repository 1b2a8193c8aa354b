#include "agent/listen/reconnect_pace.hpp"

#include <algorithm>

namespace icom::listen {

ReconnectPace::ReconnectPace(const ListenerTimings& timings, std::uint64_t seed)
    : first_(timings.first_retry),
      last_(timings.last_retry),
      steady_(timings.steady),
      call_each_(timings.call_each),
      ceiling_(timings.first_retry),
      random_(static_cast<std::minstd_rand::result_type>(seed)) {}

ReconnectPace::Milliseconds ReconnectPace::next(std::chrono::nanoseconds lasted,
                                                bool brought_frame) {
  if (lasted >= steady_) {
    ceiling_ = first_;
    return Milliseconds::zero();
  }
  if (brought_frame) {
    ceiling_ = first_;
    const auto left = std::chrono::ceil<Milliseconds>(call_each_ - lasted);
    return std::max(Milliseconds::zero(), left);
  }
  // Never less than half of it: a Linac that closes as soon as it has accepted would be called
  // without a pause.
  std::uniform_int_distribution<Milliseconds::rep> within(ceiling_.count() / 2, ceiling_.count());
  const Milliseconds delay(within(random_));
  ceiling_ = std::min(last_, ceiling_ * 2);
  return delay;
}

}  // namespace icom::listen
