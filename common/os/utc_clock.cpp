#include "common/os/utc_clock.hpp"

#include <chrono>

namespace icom::os {

std::int64_t utc_now_us() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count();
}

std::int64_t utc_now_seconds() {
  constexpr std::int64_t kMicroseconds = 1'000'000;
  return utc_now_us() / kMicroseconds;
}

}  // namespace icom::os
