#include "common/os/random.hpp"

#include <random>

namespace icom::os {

std::uint64_t random_u64() {
  // With both of the standard libraries that we build with, this reads the system's own generator.
  std::random_device source;
  static_assert(sizeof(std::random_device::result_type) == sizeof(std::uint32_t));
  const std::uint64_t high = source();
  return (high << 32U) | source();
}

}  // namespace icom::os
