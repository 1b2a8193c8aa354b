// HMAC and HKDF with SHA-256, as OpenSSL has them. Private to common/link.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace icom::link {

inline constexpr std::size_t kDigestBytes = 32;
using Digest = std::array<char, kDigestBytes>;

inline std::string_view as_view(const Digest& digest) {
  return {digest.data(), digest.size()};
}

/// RFC 2104. Throws std::runtime_error if OpenSSL cannot.
Digest hmac_sha256(std::string_view key, std::string_view message);

/// RFC 5869, extract and expand. Throws std::runtime_error if OpenSSL cannot, or for more than 8160
/// bytes.
std::string hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info,
                        std::size_t bytes);

/// Takes the same time wherever the two differ.
bool equal_in_constant_time(std::string_view one, std::string_view other);

/// Unpredictable. Throws std::runtime_error if OpenSSL has none to give.
std::string random_bytes(std::size_t bytes);

}  // namespace icom::link
