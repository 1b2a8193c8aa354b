// What the clocks on this machine's walls show.
#pragma once

#include <cstdint>

namespace icom::os {

/// Seconds that they are ahead of UTC at `utc`, in seconds since 1970, by the machine's own time
/// zone. Thread-safe.
std::int64_t local_offset_at(std::int64_t utc);

}  // namespace icom::os
