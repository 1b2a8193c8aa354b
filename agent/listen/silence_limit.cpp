#include "agent/listen/silence_limit.hpp"

#include <algorithm>

namespace icom::listen {

SilenceLimit::SilenceLimit(const ListenerTimings& timings)
    : first_(timings.silence),
      longest_(std::max(timings.silence, timings.longest_silence)),
      limit_(timings.silence) {}

void SilenceLimit::given_up() {
  limit_ = std::min(longest_, limit_ * 2);
}

}  // namespace icom::listen
