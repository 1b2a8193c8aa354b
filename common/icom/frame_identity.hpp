// The fixed head of a frame, and what makes two frames the same frame. docs/protocol.md, "Frame
// identity".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/icom/bytes.hpp"

namespace icom {

inline constexpr std::size_t kDateOffset = 8;
inline constexpr std::size_t kDateSize = 18;  ///< `YYYY-MM-DDHH:MM:SS`
inline constexpr std::size_t kCounterOffset = 26;
inline constexpr std::size_t kHeaderSize = 27;  ///< the smallest frame: head and counter

/// True when the 18 bytes at `at` have the shape \d{4}-\d\d-\d\d\d\d:\d\d:\d\d. Precondition: 18
/// bytes are there.
bool is_date_anchor(const std::byte* at);

/// The same for a beginning of it: true when `bytes` (at most kDateSize) can be the first bytes of
/// a date anchor.
bool matches_date_shape(Bytes bytes);

/// Seconds since 1970-01-01 00:00:00 of the Linac's own local clock (no time zone is applied).
/// Fields out of range (month 13) are carried over, not refused. Precondition: is_date_anchor(at).
std::int64_t linac_seconds(const std::byte* at);

/// The inverse for times in range (years 0 to 9999): `YYYY-MM-DDHH:MM:SS`.
std::string linac_time_text(std::int64_t seconds);
/// `YYYYMMDD_HHMMSS`, as PyMedPhys names a record's file; for times of the years 1 to 9999.
std::string linac_time_file_stem(std::int64_t seconds);

/// Within one Linac, the same identity is the same frame, wherever it comes from. Same time and
/// counter but another hash: two frames, both kept, flagged as a conflict.
struct FrameIdentity {
  std::int64_t time = 0;     ///< linac_seconds()
  std::uint8_t counter = 0;  ///< +1 a message, wraps 255 -> 0
  std::uint64_t hash = 0;    ///< XXH3-64 of all bytes of the frame

  friend auto operator<=>(const FrameIdentity&, const FrameIdentity&) = default;
};

/// Nothing if `frame` is shorter than kHeaderSize or has no date anchor at offset 8.
std::optional<FrameIdentity> identify(Bytes frame);

/// XXH3-64.
std::uint64_t content_hash(Bytes bytes);

}  // namespace icom
