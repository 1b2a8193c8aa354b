#include "common/icom/remembered_frame.hpp"

#include "common/icom/item.hpp"

namespace icom {

namespace {

/// Beyond it a vector keeps no more room than what it holds: a frame may have 2 MiB, and a gateway
/// remembers one of each Linac of each connection. An ordinary frame's are far below.
constexpr std::size_t kKeptRoom = 64U << 10U;

template <typename Element>
void give_back(std::vector<Element>& room) {
  if (room.capacity() * sizeof(Element) > kKeptRoom) room.shrink_to_fit();
}

}  // namespace

void RememberedFrame::remember(Bytes frame) {
  bytes.assign(frame.begin(), frame.end());
  slots.clear();
  std::size_t at = find_items(frame).value_or(frame.size());
  while (const std::size_t size = item_size_at(frame.data() + at, frame.size() - at)) {
    const std::size_t length = size - kItemHeaderSize;
    slots.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length),
                     number_at(frame, at + kItemHeaderSize, length)});
    at += size;
  }
  give_back(bytes);
  give_back(slots);
}

void RememberedFrame::forget() {
  bytes.clear();
  slots.clear();
}

std::size_t RememberedFrame::tail_at() const {
  return slots.back().offset + kItemHeaderSize + slots.back().length;
}

Bytes RememberedFrame::item(const ItemSlot& slot) const {
  return Bytes(bytes).subspan(slot.offset, kItemHeaderSize + slot.length);
}

ShortNumber number_at(Bytes frame, std::size_t offset, std::size_t length) {
  if (length > ShortText::kMaxSize) {
    return {};
  }
  return parse_short_number({letters_at(frame, offset, length), length});
}

}  // namespace icom
