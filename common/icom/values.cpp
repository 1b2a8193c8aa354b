#include "common/icom/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/icom/frame_identity.hpp"
#include "common/icom/item_stretches.hpp"
#include "common/icom/padding.hpp"

namespace icom {

namespace {

constexpr double kNotAvailable = 32767;  // with either sign

constexpr std::uint8_t kPositionGroupHigh = 0x30;
constexpr std::uint16_t kBlockLabel = 0x00B8;
constexpr std::uint16_t kPositionElement = 0x011C;

bool is_of_block(const Item& item, std::uint16_t element) {
  return item.element == element && item.group >> 8U == kPositionGroupHigh &&
         item.vr_text() == "DS";
}

bool is_sentinel(std::string_view text) {
  return text == "-32767" || text == "32767";
}

// True when bytes that were not understood hold the tag of a position: then nobody can say how many
// positions lie in them.
bool may_hold_position(Bytes gap) {
  constexpr std::string_view kTag("\x30\x1C\x01", 3);  // the high byte of the group, element
  return as_text(gap).find(kTag) != std::string_view::npos;
}

// Puts each item where it belongs.
class Sorter {
 public:
  explicit Sorter(FrameValues& values) : values_(values), rows_(named_tags().size()) {}

  void add(const Item& item) {
    if (is_of_block(item, kBlockLabel)) {
      values_.positions.push_back({std::string(item.value), item.part, {}});
      block_open_ = true;
    } else if (is_of_block(item, kPositionElement) && block_open_ &&
               values_.positions.back().part == item.part) {
      values_.positions.back().centimetres.push_back(parse_number(item.value));
    } else if (!add_to_row(item)) {
      values_.unknown.push_back({item.group, item.element, std::string(item.vr_text()), item.part,
                                 std::string(item.value)});
    }
  }

  // Bytes between items. What follows a lost position is not given another one's place.
  void skip(Bytes gap) {
    if (may_hold_position(gap)) {
      block_open_ = false;
    }
  }

  void finish() {
    for (NamedValue& row : rows_) {
      if (row.tag != nullptr) {
        values_.named.push_back(std::move(row));
      }
    }
  }

 private:
  // False where the item has no row, or its row has its value already.
  bool add_to_row(const Item& item) {
    const NamedTag* tag = name_of(item);
    if (tag == nullptr) {
      return false;
    }
    NamedValue& row = rows_[static_cast<std::size_t>(tag - named_tags().data())];
    const bool open = tag->repeated || row.texts.empty() ||
                      (tag->number ? !row.number : is_sentinel(row.texts.back()));
    if (!open) {
      return false;
    }
    row.tag = tag;
    row.texts.emplace_back(item.value);
    if (tag->number) {
      row.number = parse_number(item.value);
    }
    return true;
  }

  FrameValues& values_;
  bool block_open_ = false;
  std::vector<NamedValue> rows_;  // one a named tag; tag is null where none came
};

}  // namespace

FrameValues values_of(Bytes frame) {
  FrameValues values;
  Sorter sorter(values);
  const std::size_t begin = std::min(kHeaderSize, frame.size());
  std::size_t before = begin;
  values.bytes_not_understood = frame.size() - begin;
  for (const ItemStretch& stretch : item_stretches(frame)) {
    sorter.skip(frame.subspan(before, stretch.begin - before));
    ItemWalk walk(frame.first(stretch.end), stretch.begin);
    while (const auto item = walk.next()) {
      sorter.add(*item);
    }
    values.bytes_not_understood -= stretch.end - stretch.begin;
    before = stretch.end;
  }
  sorter.finish();
  return values;
}

std::optional<double> parse_number(std::string_view text) {
  text = without_padding(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
    text.remove_prefix(1);
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number) ||
      std::abs(number) == kNotAvailable) {
    return std::nullopt;
  }
  return number;
}

}  // namespace icom
