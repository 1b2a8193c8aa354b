// The four bytes at a frame's start. What a real Linac counts in them is not certain, so every
// reading can be had.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/simulator/random.hpp"

namespace icom::simulator {

/// `whole` the whole frame; `minus4` all but the field itself; `items` the bytes after the 27 of
/// the head; `constant` always 8051; `random` nonsense; `lie-every-N` whole, but nonsense in every
/// Nth frame.
class LengthField {
 public:
  enum class Convention : std::uint8_t { whole, minus4, items, constant, random, lie_every };

  LengthField() = default;
  /// Nothing if `text` names no convention.
  static std::optional<LengthField> parse(std::string_view text);

  /// The field of frame number `frame` (from 1). Precondition: frame_size >= 27.
  [[nodiscard]] std::uint32_t value(std::uint64_t frame, std::size_t frame_size,
                                    Random& random) const;
  [[nodiscard]] Convention convention() const { return convention_; }

 private:
  Convention convention_ = Convention::whole;
  std::uint64_t lie_every_ = 0;
};

}  // namespace icom::simulator
