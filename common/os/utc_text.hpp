// Moments as users and files write them: `2026-11-30T12:00:00Z`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace icom::os {

/// `seconds` since 1970, UTC, of the years 1970 to 9999.
std::string utc_text(std::int64_t seconds);

/// Nothing for any other text, and for a moment that does not exist.
std::optional<std::int64_t> parse_utc_text(std::string_view text);

}  // namespace icom::os
