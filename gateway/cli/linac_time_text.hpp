// Times of a Linac's clock, as users write and read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace icom::cli {

/// `2026-03-02T08:00:06`: the Linac's local time, no time zone. Empty outside of the years 1 to
/// 9999, which a frame whose date is broken may name (`0000-00-00`): ISO dates end there.
std::string linac_time_iso(std::int64_t seconds);
/// The same for a table's column, or `-`.
std::string linac_time_listed(std::int64_t seconds);

/// Microseconds since 1970 as `2026-03-02T08:00:06.250000Z`; empty outside of the same years.
std::string utc_iso(std::int64_t microseconds);

/// How far a clock is ahead, to the tenth of a second: `+11:00:00.3`, `-0:00:01.5`.
std::string lead_text(std::int64_t microseconds);

/// `2026-03-02`, `2026-03-02T08:00` or `2026-03-02T08:00:06` (a space instead of the T will do):
/// seconds of the Linac's clock. Nothing for any other text.
std::optional<std::int64_t> parse_linac_time(std::string_view text);

}  // namespace icom::cli
