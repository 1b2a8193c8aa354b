// Base64 as OpenSSH writes it, in key files and fingerprints.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icom::ssh {

/// Without padding, as in `SHA256:...`.
[[nodiscard]] std::string base64_encode(std::span<const std::uint8_t> bytes);

/// Padded with `=` to groups of four, as in key files.
[[nodiscard]] std::string base64_encode_padded(std::span<const std::uint8_t> bytes);

/// Line breaks and padding are skipped; nothing if any other character stands in `text`.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text);

}  // namespace icom::ssh
