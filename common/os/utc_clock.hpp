// The machine's wall clock.
#pragma once

#include <cstdint>

namespace icom::os {

/// Microseconds since 1970-01-01 00:00:00 UTC. May jump when the machine's clock is set: for
/// stamps, never for measuring a duration. Thread-safe.
std::int64_t utc_now_us();

/// The same in whole seconds.
std::int64_t utc_now_seconds();

}  // namespace icom::os
