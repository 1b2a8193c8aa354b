// How far a time zone is from UTC.
#pragma once

#include <cstdint>
#include <string>

namespace icom::supervise {

/// Seconds that clocks in `zone` (such as Australia/Sydney; empty: this machine's own) are ahead of
/// UTC at `utc_seconds` since 1970. For a program of one thread: it looks through the process'
/// environment.
std::int64_t zone_offset_seconds(const std::string& zone, std::int64_t utc_seconds);

}  // namespace icom::supervise
