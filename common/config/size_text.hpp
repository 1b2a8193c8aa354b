// Sizes as users write them: `20 GiB`, `500 MB`, `1000000`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace icom::config {

/// Whole numbers of bytes, or of B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of
/// 1024). Nothing for anything else, and for what does not fit in 64 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace icom::config
