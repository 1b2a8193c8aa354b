// The items of a frame: tag, VR, part, value. Format and certainty: docs/protocol.md, "Items".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/icom/bytes.hpp"

namespace icom {

inline constexpr std::size_t kItemHeaderSize = 12;

struct Item {
  std::uint16_t group = 0;
  std::uint16_t element = 0;
  char vr[2] = {};
  char part = 0;           ///< 'P' prescribed, 'S' set, 'R' run; others are kept as they are
  std::size_t offset = 0;  ///< of the item's first byte in the frame
  std::string_view value;  ///< raw, borrowed from the frame

  [[nodiscard]] std::string_view vr_text() const { return {vr, 2}; }
  [[nodiscard]] std::size_t end() const { return offset + kItemHeaderSize + value.size(); }
};

/// True when the 8 bytes at `at` can begin an item: any group and element, a VR of two capital
/// letters, 00, a printable part. Precondition: 8 bytes are there.
inline bool begins_item(const std::byte* at) {
  const auto is_capital = [](std::byte letter) {
    return static_cast<unsigned>(letter) - unsigned{'A'} < 26U;
  };
  const auto is_printable = [](std::byte letter) {
    return static_cast<unsigned>(letter) - 0x20U < 0x5FU;
  };
  return is_capital(at[4]) && is_capital(at[5]) && at[6] == std::byte{0} && is_printable(at[7]);
}

/// Size (header and value) of the item that stands at `at` and fits in the `left` bytes there; 0 if
/// there is none.
inline std::size_t item_size_at(const std::byte* at, std::size_t left) {
  if (left < kItemHeaderSize || !begins_item(at)) {
    return 0;
  }
  const std::size_t length = load_little_endian<std::uint32_t>(at + 8);
  return length <= left - kItemHeaderSize ? kItemHeaderSize + length : 0;
}

/// Walks items from an offset. Borrows the frame. Stops at the first bytes that are not an item
/// that fits in the frame; offset() then tells where.
class ItemWalk {
 public:
  ItemWalk(Bytes frame, std::size_t offset) : frame_(frame), offset_(offset) {}
  std::optional<Item> next();
  /// Where a walk from `offset` (at most frame.size()) ends. The quick way, for whoever does not
  /// look at the items.
  static std::size_t end_from(Bytes frame, std::size_t offset);
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] bool at_end() const { return offset_ == frame_.size(); }

 private:
  Bytes frame_;
  std::size_t offset_;
};

/// One walk, for the framer and the delta coding, whose two ends must find the same; what a frame
/// says is taken from its item_stretches(). The first offset, from 27 on, from which items can be
/// walked: to the frame's last byte if there
/// is such an offset, otherwise the one from which the walk gets furthest. Nothing if the frame has
/// no item. `hint`: an offset that was right for the frame before, tried first.
std::optional<std::size_t> find_items(Bytes frame, std::size_t hint = 27);

/// True when items walk from some start offset to exactly the last byte of `frame`.
bool items_end_exactly(Bytes frame, std::size_t hint = 27);

}  // namespace icom
