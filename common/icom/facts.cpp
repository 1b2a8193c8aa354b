#include "common/icom/frame_identity.hpp"
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

FrameFacts facts_from(Bytes frame, std::size_t start) {
  FrameFacts facts;
  std::size_t at = start;
  while (const std::size_t size = item_size_at(frame.data() + at, frame.size() - at)) {
    const auto kind = load_little_endian<std::uint64_t>(frame.data() + at) & kKindMask;
    if (kind != kPosition) {  // nine items of ten are
      note(kind, as_text(frame.subspan(at + kItemHeaderSize, size - kItemHeaderSize)), facts);
    }
    at += size;
  }
  facts.has_items = at > start;
  facts.items_end_exactly = facts.has_items && at == frame.size();
  return facts;
}

}  // namespace

FrameFacts facts_of(Bytes frame, std::size_t items_hint) {
  if (items_hint >= kHeaderSize && items_hint <= frame.size()) {
    if (const FrameFacts facts = facts_from(frame, items_hint); facts.items_end_exactly) {
      return facts;
    }
  }
  const auto start = find_items(frame, items_hint);
  return start ? facts_from(frame, *start) : FrameFacts{};
}

bool seems_to_have_patient(Bytes frame) {
  // Element, VR, zero and part of a Patient ID; the high byte of the group stands before it.
  constexpr std::string_view kBehindGroup("\x20\0LO\0P", 6);
  const std::string_view text = as_text(frame);
  for (std::size_t at = text.find(kBehindGroup, kHeaderSize); at != std::string_view::npos;
       at = text.find(kBehindGroup, at + 1)) {
    if (text[at - 1] == '\0') {
      return true;
    }
  }
  return false;
}

std::optional<double> quick_delivery_mu(Bytes frame) {
  // The high byte of its group, element, VR, zero and part.
  constexpr std::string_view kInGroup("\x30\x32\0DS\0R", 7);
  const std::string_view text = as_text(frame);
  for (std::size_t at = text.find(kInGroup, kHeaderSize); at != std::string_view::npos;
       at = text.find(kInGroup, at + 1)) {
    const std::size_t size = item_size_at(frame.data() + at - 1, frame.size() - (at - 1));
    if (size == 0) {
      continue;
    }
    const std::size_t value = at - 1 + kItemHeaderSize;
    if (const auto mu = parse_number(text.substr(value, size - kItemHeaderSize))) {
      return mu;
    }
  }
  return std::nullopt;
}

}  // namespace icom
