#include <sys/resource.h>

#include <algorithm>
#include <cstdint>

#include "common/os/descriptor_limit.hpp"

namespace icom::os {

std::size_t raise_descriptor_limit() {
  // A hard limit may be a billion, and some libraries go through all of them.
  constexpr rlim_t kMost = 65'536;
  constexpr std::size_t kUsual = 1'024;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUsual;
  const rlim_t wanted = std::min(limit.rlim_max, kMost);
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = wanted;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace icom::os
