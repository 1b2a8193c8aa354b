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
  char part = 0;            ///< 'P' prescribed, 'S' set, 'R' run; others are kept as they are
  std::size_t offset = 0;   ///< of the item's first byte in the frame
  std::string_view value;   ///< raw, borrowed from the frame

  [[nodiscard]] std::string_view vr_text() const { return {vr, 2}; }
  [[nodiscard]] std::size_t end() const { return offset + kItemHeaderSize + value.size(); }
};

/// Walks items from an offset. Borrows the frame. Stops at the first bytes that are not an item
/// that fits in the frame; offset() then tells where.
class ItemWalk {
 public:
  ItemWalk(Bytes frame, std::size_t offset) : frame_(frame), offset_(offset) {}
  std::optional<Item> next();
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] bool at_end() const { return offset_ == frame_.size(); }

 private:
  Bytes frame_;
  std::size_t offset_;
};

/// The first offset, from 27 on, from which items can be walked: to the frame's last byte if there is such an offset,
/// otherwise the one from which the walk gets furthest. Nothing if the frame has no item.
/// `hint`: an offset that was right for the frame before, tried first.
std::optional<std::size_t> find_items(Bytes frame, std::size_t hint = 27);

/// True when items walk from some start offset to exactly the last byte of `frame`.
bool items_end_exactly(Bytes frame, std::size_t hint = 27);

}  // namespace icom
