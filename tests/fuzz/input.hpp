// A fuzzer's input, taken apart from the front.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "common/icom/bytes.hpp"

namespace icom::fuzz {

/// Borrows the input. What is not there any more reads as 0, or is shorter.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const std::byte*>(data), size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  Bytes take(std::size_t count) {
    const Bytes taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  Bytes rest() { return take(rest_.size()); }

  /// Little-endian.
  template <typename Unsigned>
  Unsigned number() {
    std::byte raw[sizeof(Unsigned)] = {};
    std::ranges::copy(take(sizeof raw), raw);
    return load_little_endian<Unsigned>(raw);
  }

  /// A size of 2 bytes and as many bytes.
  Bytes chunk() { return take(number<std::uint16_t>()); }

 private:
  Bytes rest_;
};

}  // namespace icom::fuzz
