#include "common/icom/item.hpp"

#include <vector>

#include "common/icom/frame_identity.hpp"

namespace icom {

namespace {

struct Reach {
  std::size_t start;
  std::size_t end;
};

// Tries every start in turn. Two walks that meet go on as one, so each offset is walked at most
// once: linear, whatever the bytes are.
std::optional<Reach> best_walk(Bytes frame) {
  std::optional<Reach> best;
  std::vector<bool> walked(frame.size());
  for (std::size_t start = kHeaderSize; start < frame.size(); ++start) {
    std::size_t at = start;
    while (!walked[at]) {
      const std::size_t size = item_size_at(frame.data() + at, frame.size() - at);
      if (size == 0) {
        break;
      }
      walked[at] = true;
      at += size;
      if (at == frame.size()) {
        return Reach{start, at};
      }
    }
    if (at > start && !walked[at] && (!best || at > best->end)) {
      best = Reach{start, at};
    }
  }
  return best;
}

}  // namespace

std::optional<Item> ItemWalk::next() {
  if (offset_ >= frame_.size()) {
    return std::nullopt;
  }
  const std::byte* at = frame_.data() + offset_;
  const std::size_t size = item_size_at(at, frame_.size() - offset_);
  if (size == 0) {
    return std::nullopt;
  }
  Item item;
  item.group = load_little_endian<std::uint16_t>(at);
  item.element = load_little_endian<std::uint16_t>(at + 2);
  item.vr[0] = static_cast<char>(at[4]);
  item.vr[1] = static_cast<char>(at[5]);
  item.part = static_cast<char>(at[7]);
  item.offset = offset_;
  item.value = as_text({at + kItemHeaderSize, size - kItemHeaderSize});
  offset_ += size;
  return item;
}

std::size_t ItemWalk::end_from(Bytes frame, std::size_t offset) {
  while (const std::size_t size = item_size_at(frame.data() + offset, frame.size() - offset)) {
    offset += size;
  }
  return offset;
}

std::optional<std::size_t> find_items(Bytes frame, std::size_t hint) {
  if (hint >= kHeaderSize && hint < frame.size() &&
      ItemWalk::end_from(frame, hint) == frame.size()) {
    return hint;
  }
  const auto best = best_walk(frame);
  return best ? std::optional(best->start) : std::nullopt;
}

bool items_end_exactly(Bytes frame, std::size_t hint) {
  if (hint >= kHeaderSize && hint < frame.size() &&
      ItemWalk::end_from(frame, hint) == frame.size()) {
    return true;
  }
  const auto best = best_walk(frame);
  return best && best->end == frame.size();
}

}  // namespace icom
