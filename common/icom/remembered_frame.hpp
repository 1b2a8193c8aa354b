// What both sides of the delta codec keep of the frame before.
#pragma once

#include <cstdint>
#include <vector>

#include "common/icom/bytes.hpp"
#include "common/icom/short_number.hpp"

namespace icom {

struct ItemSlot {
  std::uint32_t offset = 0;  ///< of the item's header in the frame
  std::uint32_t length = 0;  ///< of its value
  ShortNumber number;        ///< its value, where that is such a number
};

/// A frame and where its items are. Both sides must come to the same slots. A key frame's depend on
/// its bytes alone; those of a frame that was coded against another one depend on that one's, too,
/// where not all of its bytes are items. So a side that has only a frame's bytes cannot go on after
/// it: it needs the other's slots, or a key frame.
struct RememberedFrame {
  ByteVector bytes;
  std::vector<ItemSlot> slots;  ///< without a gap from items_at() to tail_at()

  /// Finds the items anew.
  void remember(Bytes frame);
  void forget();
  /// Only a frame with items is coded against.
  [[nodiscard]] bool usable() const { return !slots.empty(); }
  [[nodiscard]] std::size_t items_at() const { return slots.front().offset; }
  /// Bytes from here on are no items.
  [[nodiscard]] std::size_t tail_at() const;
  [[nodiscard]] Bytes item(const ItemSlot& slot) const;
  [[nodiscard]] Bytes tail() const { return Bytes(bytes).subspan(tail_at()); }
};

/// The number that the value of `length` bytes at `offset` of `frame` is.
ShortNumber number_at(Bytes frame, std::size_t offset, std::size_t length);

/// The first bytes (at most 8) of the run at `offset`; bytes above `size` are 0. Precondition: the
/// run is within `frame`.
inline std::uint64_t letters_at(Bytes frame, std::size_t offset, std::size_t size) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (size == 0) {
    return 0;
  }
  if (offset + kWord <= frame.size()) {
    const auto word = load_little_endian<std::uint64_t>(frame.data() + offset);
    return size >= kWord ? word : word & ((std::uint64_t{1} << (8 * size)) - 1);
  }
  std::uint64_t letters = 0;
  for (std::size_t i = 0; i < size && i < kWord; ++i) {
    letters |= static_cast<std::uint64_t>(frame[offset + i]) << (8 * i);
  }
  return letters;
}

}  // namespace icom
