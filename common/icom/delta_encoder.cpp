#include <algorithm>

#include "common/icom/delta_codec.hpp"
#include "common/icom/delta_format.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/item.hpp"

namespace icom {

namespace {

using delta::append_varint;
using delta::zigzag;

// How far to look for the next item that both frames have: farther than a block of leaf positions
// is long.
constexpr std::size_t kLookAhead = 256;

// With more items than this come or gone, the frame is coded raw instead.
constexpr std::size_t kMaxChanges = 512;

// Tag, VR and part: all of an item's header but the length.
std::uint64_t kind_of_item(const std::byte* item) {
  return load_little_endian<std::uint64_t>(item);
}

std::byte predicted_byte(const RememberedFrame& before, std::size_t at) {
  const std::byte same = before.bytes[at];
  return at == kCounterOffset ? static_cast<std::byte>(static_cast<unsigned>(same) + 1U) : same;
}

// The header and what is between it and the items: the length field as far as the frame's size does
// not explain it, then each byte that is not as predicted.
void append_head(const RememberedFrame& before, Bytes frame, ByteVector& out) {
  const auto size_change = static_cast<std::uint32_t>(frame.size() - before.bytes.size());
  const std::uint32_t unexplained = load_little_endian<std::uint32_t>(frame.data()) -
                                    load_little_endian<std::uint32_t>(before.bytes.data()) -
                                    size_change;
  append_varint(out, zigzag(static_cast<std::int32_t>(unexplained)));

  std::uint64_t edits = 0;
  for (std::size_t at = sizeof(std::uint32_t); at < before.items_at(); ++at) {
    edits += frame[at] != predicted_byte(before, at) ? 1 : 0;
  }
  append_varint(out, edits);
  for (std::size_t at = sizeof(std::uint32_t); at < before.items_at() && edits > 0; ++at) {
    if (frame[at] != predicted_byte(before, at)) {
      append_varint(out, at);
      out.push_back(frame[at]);
      --edits;
    }
  }
}

// Steps `number` from its text in the frame before to its text now, if nothing but the last digit
// has changed, or not even that. Precondition: 8 bytes may be read at both, of which `length` (1 to
// 8) are the text.
inline bool step_by_last_digit(const std::byte* text_before, const std::byte* text,
                               std::size_t length, ShortNumber& number) {
  // What is behind the text is shifted out, so the last digit stands in the highest byte.
  const std::size_t behind = 8 * (ShortText::kMaxSize - length);
  const auto before = load_little_endian<std::uint64_t>(text_before) << behind;
  const auto now = load_little_endian<std::uint64_t>(text) << behind;
  constexpr unsigned kHighest = 8 * (ShortText::kMaxSize - 1);
  return (before ^ now) << 8U == 0 &&
         replace_last_digit(number, static_cast<int>(before >> kHighest) - '0',
                            static_cast<int>(now >> kHighest) - '0');
}

}  // namespace

thread_local DeltaEncoder::Scratch DeltaEncoder::scratch;

void DeltaEncoder::encode(Bytes bytes, ByteVector& out) {
  const std::size_t start = out.size();
  if (before_.usable() && bytes.size() >= before_.items_at() &&
      bytes.size() <= DeltaDecoder::kMaxDecoded && encode_delta(bytes, out) &&
      out.size() - start <= bytes.size()) {
    before_.bytes.assign(bytes.begin(), bytes.end());
    before_.slots = scratch.slots;
    return;
  }
  out.resize(start);
  out.push_back(delta::kRaw);
  append(out, bytes);
  before_.remember(bytes);
}

void DeltaEncoder::go_on_after(const DeltaDecoder& decoder) {
  before_ = decoder.before_;
}

bool DeltaEncoder::encode_delta(Bytes frame, ByteVector& out) {
  scratch.literals.clear();
  if (!code_items(frame)) {
    return false;
  }
  while (!scratch.operations.empty() && scratch.operations.back() == std::byte{0}) {
    scratch.operations.pop_back();
  }
  out.push_back(delta::kDelta);
  append_head(before_, frame, out);
  append(out, scratch.operations);
  out.push_back(delta::kEnd);
  append(out, scratch.literals);
  return true;
}

// Codes items as long as both frames have the same ones, which is nearly always all of them.
bool DeltaEncoder::code_items(Bytes frame) {
  const std::size_t count = before_.slots.size();
  scratch.slots.resize(count);
  scratch.operations.resize(count);
  const std::byte* bytes_before = before_.bytes.data();
  const ItemSlot* slots_before = before_.slots.data();
  ItemSlot* slots = scratch.slots.data();
  std::byte* operations = scratch.operations.data();
  const std::size_t common_size = std::min(frame.size(), before_.bytes.size());
  std::size_t at = before_.items_at();
  for (std::size_t i = 0; i < count; ++i) {
    const ItemSlot& before = slots_before[i];
    const std::byte* item = frame.data() + at;
    const std::byte* item_before = bytes_before + before.offset;
    const std::size_t left = frame.size() - at;
    if (left < kItemHeaderSize || kind_of_item(item) != kind_of_item(item_before)) {
      return code_other_items(frame, at, i);
    }
    const auto length = load_little_endian<std::uint32_t>(item + 8);
    if (length > left - kItemHeaderSize) {
      return code_other_items(frame, at, i);
    }
    // Field by field: a slot put together on the stack and then copied would cost more than
    // everything else here.
    ItemSlot& now = slots[i];
    now.offset = static_cast<std::uint32_t>(at);
    now.length = length;
    ShortNumber number = before.number;
    const bool words =
        std::max<std::size_t>(at, before.offset) + kItemHeaderSize + ShortText::kMaxSize <=
        common_size;
    if (words && length == before.length && number.is_number() &&
        step_by_last_digit(item_before + kItemHeaderSize, item + kItemHeaderSize, length, number)) {
      now.number.value = number.value;
      now.number.decimals = number.decimals;
      operations[i] = static_cast<std::byte>(zigzag(number.value - before.number.value));
    } else {
      operations[i] = code_value(frame, before, now);
    }
    at += kItemHeaderSize + length;
  }
  return code_other_items(frame, at, count);
}

// Codes the rest, from `at` in the frame and slot `next` of the frame before: items may have come
// and gone.
bool DeltaEncoder::code_other_items(Bytes frame, std::size_t at, std::size_t next) {
  const std::size_t count = before_.slots.size();
  scratch.slots.resize(next);
  scratch.operations.resize(next);
  std::size_t changes = 0;
  while (const std::size_t size = item_size_at(frame.data() + at, frame.size() - at)) {
    ItemSlot slot;
    slot.offset = static_cast<std::uint32_t>(at);
    slot.length = static_cast<std::uint32_t>(size - kItemHeaderSize);
    const std::size_t removed = removed_before(frame, at, next);
    changes += removed;
    scratch.operations.insert(scratch.operations.end(), removed, delta::kRemoved);
    next += removed;
    if (next < count && same_kind(frame, at, next)) {
      const std::byte operation = code_value(frame, before_.slots[next], slot);
      scratch.operations.push_back(operation);
      ++next;
    } else {
      ++changes;
      scratch.operations.push_back(delta::kInserted);
      append(scratch.literals, frame.subspan(at, sizeof(std::uint64_t)));
      append_text(frame.subspan(at + kItemHeaderSize, slot.length));
      slot.number = number_at(frame, at + kItemHeaderSize, slot.length);
    }
    if (changes > kMaxChanges) {
      return false;
    }
    scratch.slots.push_back(slot);
    at += size;
  }
  scratch.operations.insert(scratch.operations.end(), count - next, delta::kRemoved);

  const Bytes tail = frame.subspan(at);
  const Bytes tail_before = before_.tail();
  if (std::equal(tail.begin(), tail.end(), tail_before.begin(), tail_before.end())) {
    append_varint(scratch.literals, 0);
  } else {
    append_varint(scratch.literals, tail.size() + 1);
    append(scratch.literals, tail);
  }
  return true;
}

bool DeltaEncoder::same_kind(Bytes frame, std::size_t at, std::size_t slot) const {
  return kind_of_item(frame.data() + at) ==
         kind_of_item(before_.bytes.data() + before_.slots[slot].offset);
}

// How many slots from `next` on are gone when the frame's item at `at` is the next that is left of
// the frame before. 0 if it is rather a new item: if what stands in slot `next` comes sooner in the
// frame.
std::size_t DeltaEncoder::removed_before(Bytes frame, std::size_t at, std::size_t next) const {
  const std::size_t ahead = std::min(kLookAhead, before_.slots.size() - next);
  std::size_t removed = 0;
  while (removed < ahead && !same_kind(frame, at, next + removed)) {
    ++removed;
  }
  if (removed == ahead) {
    return 0;
  }
  for (std::size_t inserted = 0; inserted < removed; ++inserted) {
    const std::size_t size = item_size_at(frame.data() + at, frame.size() - at);
    if (size == 0) {
      break;
    }
    if (same_kind(frame, at, next)) {
      return 0;
    }
    at += size;
  }
  return removed;
}

// The operation for an item that both frames have; fills in the number of `now`.
std::byte DeltaEncoder::code_value(Bytes frame, const ItemSlot& before, ItemSlot& now) {
  const std::size_t value_at = now.offset + kItemHeaderSize;
  const std::size_t before_at = before.offset + kItemHeaderSize;
  if (now.length > ShortText::kMaxSize) {
    const Bytes value = frame.subspan(value_at, now.length);
    now.number = {};
    if (now.length == before.length &&
        std::memcmp(value.data(), before_.bytes.data() + before_at, value.size()) == 0) {
      return std::byte{0};
    }
    append_text(value);
    return delta::kText;
  }
  const std::uint64_t letters = letters_at(frame, value_at, now.length);
  if (now.length == before.length && letters == letters_at(before_.bytes, before_at, now.length)) {
    now.number = before.number;
    return std::byte{0};
  }
  now.number = parse_short_number({letters, now.length});
  if (now.number.is_number() && now.number.decimals == before.number.decimals) {
    const std::int32_t step = now.number.value - before.number.value;
    if (step >= -delta::kMaxStep && step <= delta::kMaxStep) {
      return static_cast<std::byte>(zigzag(step));
    }
  }
  append_text(frame.subspan(value_at, now.length));
  return delta::kText;
}

void DeltaEncoder::append_text(Bytes value) {
  append_varint(scratch.literals, value.size());
  append(scratch.literals, value);
}

}  // namespace icom
