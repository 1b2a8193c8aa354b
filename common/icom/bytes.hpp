// Bytes as they are on the wire, and little-endian access to them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace icom {

/// A borrowed, read-only run of bytes. Whoever hands one out says how long it lives.
using Bytes = std::span<const std::byte>;
using ByteVector = std::vector<std::byte>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Precondition: `at` points to at least sizeof(Unsigned) bytes. No alignment is needed.
template <typename Unsigned>
Unsigned load_little_endian(const std::byte* at) {
  Unsigned value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, at, sizeof value);
  } else {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
      value = static_cast<Unsigned>(
          value | static_cast<Unsigned>(static_cast<Unsigned>(at[i]) << (8U * i)));
    }
  }
  return value;
}

/// Precondition: `at` points to room for sizeof(Unsigned) bytes. No alignment is needed.
template <typename Unsigned>
void store_little_endian(std::byte* at, Unsigned value) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(at, &value, sizeof value);
  } else {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
      at[i] = static_cast<std::byte>(value >> (8U * i));
    }
  }
}

inline void append(ByteVector& to, Bytes what) {
  to.insert(to.end(), what.begin(), what.end());
}

template <typename Unsigned>
void append_little_endian(ByteVector& to, Unsigned value) {
  std::byte raw[sizeof(Unsigned)];
  store_little_endian(raw, value);
  append(to, raw);
}

}  // namespace icom
