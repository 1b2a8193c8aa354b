// Whole numbers in as few bytes as they need: seven bits a byte, lowest first, the high bit set on
// all but the last.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "common/icom/bytes.hpp"

namespace icom::store {

/// What is stored is not what was written: a bad disk, or a program that is not ours wrote there.
class CorruptData : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void append_varint(ByteVector& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) {
    to.push_back(static_cast<std::byte>(value | 0x80U));
  }
  to.push_back(static_cast<std::byte>(value));
}

/// Small numbers of either sign stay short.
inline void append_signed(ByteVector& to, std::int64_t value) {
  append_varint(to, (static_cast<std::uint64_t>(value) << 1U) ^
                        static_cast<std::uint64_t>(value < 0 ? -1 : 0));
}

/// Reads what the functions above wrote. Throws CorruptData at the end of `bytes`.
class VarintReader {
 public:
  explicit VarintReader(Bytes bytes) : rest_(bytes) {}

  std::uint64_t next() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint64_t>(take(1)[0]);
      value |= (byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) {
        return value;
      }
    }
    throw CorruptData("a number does not end");
  }
  std::int64_t next_signed() {
    const std::uint64_t raw = next();
    return static_cast<std::int64_t>((raw >> 1U) ^ (0 - (raw & 1U)));
  }
  /// The next `size` bytes, borrowed.
  Bytes take(std::uint64_t size) {
    if (size > rest_.size()) {
      throw CorruptData("bytes are missing at the end");
    }
    const Bytes taken = rest_.first(static_cast<std::size_t>(size));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  Bytes rest_;
};

}  // namespace icom::store
