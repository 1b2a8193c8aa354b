// The code of a frame, byte by byte: docs/protocol.md, "Delta coding". Shared by encoder and
// decoder, nobody else.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>

#include "common/icom/bytes.hpp"

namespace icom::delta {

// The first byte of a code.
inline constexpr std::byte kRaw{0};    ///< the frame's bytes follow: a key frame
inline constexpr std::byte kDelta{1};  ///< coded against the frame before

// Operations on the items of the frame before, in order, one byte each. Numbers differ by -kMaxStep
// to kMaxStep in the unit of their last decimal; 0 is a difference of nothing: the item is as
// before.
inline constexpr int kMaxStep = 124;
inline constexpr unsigned kLastNumber = 2 * kMaxStep;
inline constexpr std::byte kText{250};      ///< the same item with another value: in the literals
inline constexpr std::byte kInserted{251};  ///< an item that was not there: in the literals
inline constexpr std::byte kRemoved{252};   ///< an item that is no longer there
inline constexpr std::byte kEnd{255};  ///< all items not mentioned are as before; literals follow

/// 0, -1, 1, -2, 2, ... as 0, 1, 2, 3, 4, ...
constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1U) ^ -static_cast<std::int64_t>(value & 1U);
}

/// Seven bits a byte, the lowest first; the high bit tells that more follow.
inline void append_varint(ByteVector& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::byte>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::byte>(value));
}

/// Takes a code apart from the front. Nothing is given out that is not there.
class CodeReader {
 public:
  explicit CodeReader(Bytes code) : rest_(code) {}

  std::optional<Bytes> take(std::uint64_t count) {
    if (count > rest_.size()) {
      return std::nullopt;
    }
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto next = take(1);
      if (!next) {
        return std::nullopt;
      }
      const auto bits = static_cast<std::uint64_t>(next->front());
      value |= (bits & 0x7FU) << shift;
      if (bits < 0x80) {
        return value;
      }
    }
    return std::nullopt;
  }

  /// A varint and that many bytes.
  std::optional<Bytes> sized() {
    const auto size = varint();
    return size ? take(*size) : std::nullopt;
  }

  /// All up to `end`, which is taken too but not part of the result.
  std::optional<Bytes> until(std::byte end) {
    const void* found =
        rest_.empty() ? nullptr : std::memchr(rest_.data(), static_cast<int>(end), rest_.size());
    if (found == nullptr) {
      return std::nullopt;
    }
    const auto taken =
        take(static_cast<std::size_t>(static_cast<const std::byte*>(found) - rest_.data()));
    rest_ = rest_.subspan(1);
    return taken;
  }

  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  Bytes rest_;
};

}  // namespace icom::delta
