#include "common/icom/frame_identity.hpp"
#include "common/icom/item_stretches.hpp"
#include "common/icom/values.hpp"

namespace icom {

namespace {

// What tells an item, in one word: tag, VR and part as they stand on the wire, without the low byte
// of the group, which differs between what readers in the field expect.
constexpr std::uint64_t wire_kind(std::uint8_t group_high, std::uint16_t element, char vr_0,
                                  char vr_1, char part) {
  return std::uint64_t{group_high} << 8U | std::uint64_t{element} << 16U |
         static_cast<std::uint64_t>(vr_0) << 32U | static_cast<std::uint64_t>(vr_1) << 40U |
         static_cast<std::uint64_t>(part) << 56U;
}

constexpr std::uint64_t kKindMask = ~std::uint64_t{0xFF};
constexpr std::uint64_t kPatientName = wire_kind(0x00, 0x0010, 'P', 'N', 'P');
constexpr std::uint64_t kPatientId = wire_kind(0x00, 0x0020, 'L', 'O', 'P');
constexpr std::uint64_t kFieldId = wire_kind(0x30, 0x1003, 'L', 'O', 'P');
constexpr std::uint64_t kMachineId = wire_kind(0x30, 0x00B2, 'S', 'H', 'P');
constexpr std::uint64_t kDeliveryMu = wire_kind(0x30, 0x0032, 'D', 'S', 'R');
constexpr std::uint64_t kInterlock = wire_kind(0x30, 0x1016, 'L', 'O', 'R');
constexpr std::uint64_t kPosition = wire_kind(0x30, 0x011C, 'D', 'S', 'R');

void note(std::uint64_t kind, std::string_view value, FrameFacts& facts) {
  const auto keep_first = [&](std::optional<std::string_view>& fact) {
    if (!fact) {
      fact = value;
    }
  };
  switch (kind) {
    case kPatientName:
      return keep_first(facts.patient_name);
    case kPatientId:
      return keep_first(facts.patient_id);
    case kFieldId:
      return keep_first(facts.field_id);
    case kMachineId:
      return keep_first(facts.machine_id);
    case kDeliveryMu:
      if (!facts.delivery_mu) {
        facts.delivery_mu = parse_number(value);
      }
      return;
    case kInterlock:
      if (!value.empty()) {
        facts.interlocks.push_back(value);
      }
      return;
    default:
      return;
  }
}

// Returns where the items from `at` on, within `frame`, end.
std::size_t note_items(Bytes frame, std::size_t at, FrameFacts& facts) {
  while (const std::size_t size = item_size_at(frame.data() + at, frame.size() - at)) {
    const auto kind = load_little_endian<std::uint64_t>(frame.data() + at) & kKindMask;
    if (kind != kPosition) {  // nine items of ten are
      note(kind, as_text(frame.subspan(at + kItemHeaderSize, size - kItemHeaderSize)), facts);
    }
    at += size;
  }
  return at;
}

// The offset, from `from` on, of what looks like the header of a Patient ID item: one as it should
// be, or one of the full tag whose VR or part is another.
std::optional<std::size_t> find_patient_id(Bytes frame, std::size_t from) {
  constexpr std::string_view kElement("\x20\0", 2);
  constexpr std::string_view kBehindElement("LO\0P", 4);
  constexpr std::size_t kBeforeElement = 2;  // the group
  constexpr std::size_t kZero = 6;
  const std::string_view text = as_text(frame);
  for (std::size_t at = text.find(kElement, from + kBeforeElement); at != std::string_view::npos;
       at = text.find(kElement, at + 1)) {
    const std::size_t item = at - kBeforeElement;
    if (text[item + 1] != '\0' || text.size() - item <= kZero) {
      continue;
    }
    if (text.substr(at + kElement.size(), kBehindElement.size()) == kBehindElement ||
        (text[item] == '\x10' && text[item + kZero] == '\0')) {
      return item;
    }
  }
  return std::nullopt;
}

bool holds_unread_patient(Bytes frame, const std::vector<ItemStretch>& stretches) {
  auto stretch = stretches.begin();
  for (auto item = find_patient_id(frame, kHeaderSize); item;
       item = find_patient_id(frame, *item + 1)) {
    while (stretch != stretches.end() && stretch->end <= *item) {
      ++stretch;
    }
    if (stretch == stretches.end() || *item < stretch->begin) {
      return true;
    }
  }
  return false;
}

// Gives `is_it` the values of what looks like items that begin so, wherever they stand, until it
// says yes. `in_group`: the high byte of the group, element, VR, zero and part.
template <typename IsIt>
void find_values(Bytes frame, std::string_view in_group, IsIt is_it) {
  const std::string_view text = as_text(frame);
  for (std::size_t at = text.find(in_group, kHeaderSize); at != std::string_view::npos;
       at = text.find(in_group, at + 1)) {
    const std::size_t size = item_size_at(frame.data() + at - 1, frame.size() - (at - 1));
    const std::size_t value = at - 1 + kItemHeaderSize;
    if (size > 0 && is_it(text.substr(value, size - kItemHeaderSize))) {
      return;
    }
  }
}

}  // namespace

FrameFacts facts_of(Bytes frame) {
  FrameFacts facts;
  if (frame.size() > kHeaderSize && note_items(frame, kHeaderSize, facts) == frame.size()) {
    facts.has_items = facts.items_end_exactly = true;
    return facts;
  }
  facts = {};
  const std::vector<ItemStretch> stretches = item_stretches(frame);
  for (const ItemStretch& stretch : stretches) {
    note_items(frame.first(stretch.end), stretch.begin, facts);
  }
  facts.has_items = !stretches.empty();
  facts.items_end_exactly = stretches.size() == 1 && stretches.front().end == frame.size();
  facts.patient_unread = !facts.patient_id && holds_unread_patient(frame, stretches);
  return facts;
}

bool seems_to_have_patient(Bytes frame) {
  return find_patient_id(frame, kHeaderSize).has_value();
}

std::optional<double> quick_delivery_mu(Bytes frame) {
  constexpr std::string_view kInGroup("\x30\x32\0DS\0R", 7);
  std::optional<double> mu;
  find_values(frame, kInGroup, [&mu](std::string_view value) {
    mu = parse_number(value);
    return mu.has_value();
  });
  return mu;
}

std::optional<std::string_view> quick_machine_id(Bytes frame) {
  constexpr std::string_view kInGroup("\x30\xB2\0SH\0P", 7);
  std::optional<std::string_view> id;
  find_values(frame, kInGroup, [&id](std::string_view value) {
    id = value;
    return true;
  });
  return id;
}

}  // namespace icom
