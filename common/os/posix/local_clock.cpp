#include "common/os/local_clock.hpp"

#include <ctime>

namespace icom::os {

std::int64_t local_offset_at(std::int64_t utc) {
  const std::time_t time = utc;
  std::tm local{};
  ::localtime_r(&time, &local);
  return local.tm_gmtoff;
}

}  // namespace icom::os
