// Randomness from the operating system.
#pragma once

#include <cstdint>

namespace icom::os {

/// 64 unpredictable bits, never the same after a restart. Throws std::system_error if the operating
/// system has none to give. Thread-safe.
std::uint64_t random_u64();

}  // namespace icom::os
