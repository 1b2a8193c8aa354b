#include <algorithm>

#include "common/icom/delta_codec.hpp"
#include "common/icom/delta_format.hpp"
#include "common/icom/frame_identity.hpp"
#include "common/icom/item.hpp"

namespace icom {

namespace {

using delta::CodeReader;
using delta::unzigzag;

constexpr std::size_t kKindSize = 8;  // tag, VR and part: all of an item's header but the length

bool is_step(std::byte operation) {
  return static_cast<unsigned>(operation) <= delta::kLastNumber;
}

int step_of(std::byte operation) {
  return static_cast<int>(unzigzag(static_cast<std::uint64_t>(operation)));
}

ShortNumber stepped(ShortNumber number, std::byte operation) {
  number.value += step_of(operation);
  return number;
}

// The same for a number and its last letter in the frame, if no other letter changes.
bool step_last_digit(ShortNumber& number, std::byte operation, std::byte& last) {
  const int step = step_of(operation);
  const int was = static_cast<int>(last) - '0';
  const int now = was + (number.value < 0 ? -step : step);
  if (!replace_last_digit(number, was, now)) {
    return false;
  }
  last = static_cast<std::byte>('0' + now);
  return true;
}

void put_letters(std::span<std::byte> frame, std::size_t at, ShortText text) {
  if (at + sizeof text.letters <= frame.size()) {
    const std::uint64_t behind =
        text.size < sizeof text.letters ? ~std::uint64_t{0} << (8 * text.size) : 0;
    const auto there = load_little_endian<std::uint64_t>(&frame[at]);
    store_little_endian(&frame[at], (there & behind) | text.letters);
    return;
  }
  for (std::size_t i = 0; i < text.size; ++i) {
    frame[at + i] = static_cast<std::byte>(text.letters >> (8 * i));
  }
}

// The bytes in front of the items, from what they were in the frame before. The length field is not
// among them yet: it depends on the frame's size. Returned is what the size does not explain of its
// change.
std::optional<std::uint32_t> change_head(CodeReader& code, std::span<std::byte> head) {
  const auto unexplained = code.varint();
  const auto edits = code.varint();
  if (!unexplained || !edits) {
    return std::nullopt;
  }
  head[kCounterOffset] = static_cast<std::byte>(static_cast<unsigned>(head[kCounterOffset]) + 1U);
  for (std::uint64_t i = 0; i < *edits; ++i) {
    const auto at = code.varint();
    const auto value = code.take(1);
    if (!at || !value || *at < sizeof(std::uint32_t) || *at >= head.size()) {
      return std::nullopt;
    }
    head[*at] = value->front();
  }
  return static_cast<std::uint32_t>(unzigzag(*unexplained));
}

// Takes the items of `before` and the operations on them, and puts together those of the frame.
class Rebuild {
 public:
  /// The first `done` slots of `before` are as they must be already.
  Rebuild(const RememberedFrame& before, std::size_t done, RememberedFrame& frame)
      : before_(before), frame_(frame), next_(done) {
    const std::size_t end =
        done < before.slots.size() ? before.slots[done].offset : before.tail_at();
    frame_.bytes.assign(before.bytes.begin(),
                        before.bytes.begin() + static_cast<std::ptrdiff_t>(end));
    frame_.slots.assign(before.slots.begin(),
                        before.slots.begin() + static_cast<std::ptrdiff_t>(done));
  }

  bool apply(std::byte operation, CodeReader& literals) {
    if (operation == delta::kInserted) {
      const auto kind = literals.take(kKindSize);
      const auto value = literals.sized();
      return kind && value && begins_item(kind->data()) && append_item(*kind, *value);
    }
    if (next_ == before_.slots.size()) {
      return false;
    }
    const ItemSlot& slot = before_.slots[next_++];
    const Bytes item = before_.item(slot);
    if (operation == delta::kRemoved) {
      return true;
    }
    if (operation == std::byte{0}) {
      return append_item(item.first(kKindSize), item.subspan(kItemHeaderSize));
    }
    if (operation == delta::kText) {
      const auto value = literals.sized();
      return value && append_item(item.first(kKindSize), *value);
    }
    if (!is_step(operation) || !slot.number.is_number()) {
      return false;
    }
    const ShortText text = short_number_text(stepped(slot.number, operation));
    std::byte letters[ShortText::kMaxSize];
    store_little_endian(letters, text.letters);
    return text.size > 0 && append_item(item.first(kKindSize), Bytes(letters).first(text.size));
  }

  bool keep_the_rest() {
    while (next_ < before_.slots.size()) {
      const Bytes item = before_.item(before_.slots[next_++]);
      if (!append_item(item.first(kKindSize), item.subspan(kItemHeaderSize))) {
        return false;
      }
    }
    return true;
  }

 private:
  bool append_item(Bytes kind, Bytes value) {
    const std::size_t at = frame_.bytes.size();
    if (at + kItemHeaderSize + value.size() > DeltaDecoder::kMaxDecoded) {
      return false;
    }
    const auto length = static_cast<std::uint32_t>(value.size());
    append(frame_.bytes, kind);
    append_little_endian(frame_.bytes, length);
    append(frame_.bytes, value);
    frame_.slots.push_back({static_cast<std::uint32_t>(at), length,
                            number_at(frame_.bytes, at + kItemHeaderSize, length)});
    return true;
  }

  const RememberedFrame& before_;
  RememberedFrame& frame_;
  std::size_t next_;  // slot of before_
};

}  // namespace

thread_local RememberedFrame DeltaDecoder::rebuilt;

bool DeltaDecoder::decode(Bytes code, ByteVector& out) {
  if (!code.empty() && code.front() == delta::kRaw && code.size() - 1 <= kMaxDecoded) {
    before_.remember(code.subspan(1));
  } else if (code.empty() || code.front() != delta::kDelta || !before_.usable() ||
             !decode_delta(code.subspan(1))) {
    before_.forget();
    return false;
  }
  append(out, before_.bytes);
  return true;
}

// Turns before_ into the frame.
bool DeltaDecoder::decode_delta(Bytes code) {
  const std::size_t size_before = before_.bytes.size();
  CodeReader reader(code);
  const auto unexplained = change_head(reader, std::span(before_.bytes).first(before_.items_at()));
  const auto operations = reader.until(delta::kEnd);
  if (!unexplained || !operations) {
    return false;
  }
  std::size_t tail_at = before_.tail_at();
  const std::size_t done = change_in_place(*operations);
  if (done < operations->size()) {
    Rebuild rebuild(before_, done, rebuilt);
    for (const std::byte operation : operations->subspan(done)) {
      if (!rebuild.apply(operation, reader)) {
        return false;
      }
    }
    if (!rebuild.keep_the_rest()) {
      return false;
    }
    const Bytes tail_before = before_.tail();
    tail_at = rebuilt.bytes.size();
    append(rebuilt.bytes, tail_before);
    before_ = rebuilt;
  }
  if (!change_tail(reader, tail_at)) {
    return false;
  }
  change_length(*unexplained, size_before);
  return true;
}

// Carries out operations as long as they leave each item where it is and as long as it is: nearly
// always all of them. Returns how many it did.
std::size_t DeltaDecoder::change_in_place(Bytes operations) {
  const std::size_t count = std::min(operations.size(), before_.slots.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (operations[i] == std::byte{0}) {
      continue;
    }
    ItemSlot& slot = before_.slots[i];
    if (!is_step(operations[i]) || !slot.number.is_number()) {
      return i;
    }
    std::byte& last = before_.bytes[slot.offset + kItemHeaderSize + slot.length - 1];
    if (step_last_digit(slot.number, operations[i], last)) {
      continue;
    }
    const ShortNumber number = stepped(slot.number, operations[i]);
    const ShortText text = short_number_text(number);
    if (text.size != slot.length) {
      return i;
    }
    slot.number = number;
    put_letters(before_.bytes, slot.offset + kItemHeaderSize, text);
  }
  return count;
}

bool DeltaDecoder::change_tail(delta::CodeReader& code, std::size_t tail_at) {
  const auto size = code.varint();
  if (!size) {
    return false;
  }
  if (*size > 0) {
    const auto tail = code.take(*size - 1);
    if (!tail) {
      return false;
    }
    before_.bytes.resize(tail_at);
    append(before_.bytes, *tail);
  }
  return code.empty() && before_.bytes.size() <= kMaxDecoded;
}

void DeltaDecoder::change_length(std::uint32_t unexplained, std::size_t size_before) {
  std::byte* field = before_.bytes.data();
  const auto size_change = static_cast<std::uint32_t>(before_.bytes.size() - size_before);
  store_little_endian(field, load_little_endian<std::uint32_t>(field) + size_change + unexplained);
}

}  // namespace icom
