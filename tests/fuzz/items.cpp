// Any bytes as a frame: where its items are, what it says, and that the ways to ask agree.
//
// Input: the frame.
#include "common/icom/item.hpp"

#include <algorithm>
#include <cmath>

#include "common/icom/frame_identity.hpp"
#include "common/icom/item_stretches.hpp"
#include "common/icom/values.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/require.hpp"

namespace icom::fuzz {
namespace {

constexpr std::size_t kSmall = 400;  // for what is tried from every offset

bool lies_within(std::string_view text, Bytes frame) {
  const std::string_view whole = as_text(frame);
  return text.empty() ||
         (text.data() >= whole.data() && text.data() + text.size() <= whole.data() + whole.size());
}

void walk(Bytes frame, std::size_t from) {
  ItemWalk walk(frame, from);
  std::size_t at = from;
  while (const auto item = walk.next()) {
    require(item->offset == at, "items follow each other without a gap");
    require(item->end() == walk.offset() && item->end() <= frame.size(), "an item is in the frame");
    require(lies_within(item->value, frame), "a value is in the frame");
    require(item_size_at(frame.data() + at, frame.size() - at) == item->end() - at,
            "an item has one size");
    at = item->end();
  }
  require(ItemWalk::end_from(frame, from) == at, "the quick walk ends where the other does");
  require(walk.at_end() == (at == frame.size()), "the walk knows whether it is at the end");
}

/// The promise of find_items(), tried out from every offset.
void find_the_plain_way(Bytes frame, std::optional<std::size_t> found) {
  std::size_t furthest = 0;
  for (std::size_t start = kHeaderSize; start < frame.size(); ++start) {
    const std::size_t end = ItemWalk::end_from(frame, start);
    if (end > start) furthest = std::max(furthest, end);
  }
  require(found.has_value() == (furthest > 0), "items are found where there are any");
  if (found) {
    require(*found >= kHeaderSize && ItemWalk::end_from(frame, *found) == furthest,
            "no other start gets further");
  }
  require(items_end_exactly(frame) == (furthest > 0 && furthest == frame.size()),
          "items end exactly if they do from some start");
}

/// The promises of item_stretches() that need no second search.
void stretches_are_sound(Bytes frame, const std::vector<ItemStretch>& stretches) {
  std::size_t before = kHeaderSize;
  for (const ItemStretch& stretch : stretches) {
    require(stretch.begin >= before && stretch.begin < stretch.end && stretch.end <= frame.size(),
            "stretches stand in the frame, one after the other");
    require(ItemWalk::end_from(frame.first(stretch.end), stretch.begin) == stretch.end,
            "a stretch is items and nothing else");
    before = stretch.end;
  }
  require(item_stretches(frame) == stretches, "the same bytes give the same stretches");
  if (frame.size() > kHeaderSize && ItemWalk::end_from(frame, kHeaderSize) == frame.size()) {
    require(stretches == std::vector<ItemStretch>{{kHeaderSize, frame.size()}},
            "a frame of nothing but items is one stretch");
  }
}

const NamedValue* value_of(const FrameValues& values, std::string_view key) {
  const auto found = std::ranges::find_if(
      values.named, [key](const NamedValue& value) { return value.tag->key == key; });
  return found == values.named.end() ? nullptr : &*found;
}

void same_text(const std::optional<std::string_view>& fact, const NamedValue* value, Bytes frame) {
  require(fact.has_value() == (value != nullptr), "facts and values know of the same items");
  if (fact) {
    require(lies_within(*fact, frame), "a fact borrows from the frame");
    require(*fact == value->texts.front(), "facts and values say the same");
  }
}

void facts_are_values(Bytes frame, const FrameFacts& facts, const FrameValues& values) {
  same_text(facts.patient_id, value_of(values, "patient_id"), frame);
  same_text(facts.patient_name, value_of(values, "patient_name"), frame);
  same_text(facts.field_id, value_of(values, "field_id"), frame);
  same_text(facts.machine_id, value_of(values, "machine_id"), frame);

  const NamedValue* const mu = value_of(values, "delivery_mu");
  require(facts.delivery_mu == (mu == nullptr ? std::nullopt : mu->number), "one delivered MU");

  std::vector<std::string_view> interlocks;
  if (const NamedValue* const all = value_of(values, "interlocks")) {
    std::ranges::copy_if(all->texts, std::back_inserter(interlocks),
                         [](const std::string& text) { return !text.empty(); });
  }
  require(facts.interlocks == interlocks, "the same interlocks in the same order");
  require(!(facts.patient_id || facts.patient_unread) || seems_to_have_patient(frame),
          "a frame with a patient is never taken for one without");
}

void values_are_sound(Bytes frame, const FrameValues& values) {
  for (const NamedValue& value : values.named) {
    require(value.tag != nullptr && !value.texts.empty(), "a named value has a name and a text");
    if (value.number) {
      require(std::isfinite(*value.number) && std::abs(*value.number) != 32767,
              "a number is one, and not the sign for `not available`");
    }
  }
  for (const UnknownItem& item : values.unknown) {
    require(item.tag_text().size() == 9, "a tag is shown as GGGG,EEEE");
  }
  require(values.bytes_not_understood <= frame.size(), "no more is left over than there is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes frame = Input(data, size).rest();
  const auto start = find_items(frame);
  if (frame.size() <= kSmall) {
    find_the_plain_way(frame, start);
    for (std::size_t from = 0; from <= frame.size(); ++from) walk(frame, from);
  } else if (start) {
    walk(frame, *start);
  }
  const FrameFacts facts = facts_of(frame);
  const FrameValues values = values_of(frame);
  const std::vector<ItemStretch> stretches = item_stretches(frame);
  stretches_are_sound(frame, stretches);
  require(facts.has_items == !stretches.empty(), "facts see items where there are any");
  require(!facts.has_items || start, "items are walked where facts see any");
  require(!facts.items_end_exactly || items_end_exactly(frame), "facts see where they end");
  require(!facts.patient_unread || !facts.patient_id, "a patient is read or not");
  facts_are_values(frame, facts, values);
  values_are_sound(frame, values);
  if (const auto identity = identify(frame)) {
    linac_time_text(identity->time);
    linac_time_file_stem(identity->time);
  }
  return 0;
}

}  // namespace icom::fuzz
