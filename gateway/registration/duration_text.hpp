// Durations as users write them: `7d`, `12h`, `30m`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace icom::registration {

/// A whole number of minutes, hours or days, in seconds: of 1 minute to 90 days. Nothing for any
/// other text.
std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace icom::registration
