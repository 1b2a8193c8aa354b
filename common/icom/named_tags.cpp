#include <algorithm>

#include "common/icom/values.hpp"

namespace icom {

const std::vector<NamedTag>& named_tags() {
  // Name, key, unit, high byte of the group, element, VR, part, repeated, number.
  static const std::vector<NamedTag> tags = {
      {"Patient Name", "patient_name", "", 0x00, 0x0010, "PN", 'P', false, false},
      {"Patient ID", "patient_id", "", 0x00, 0x0020, "LO", 'P', false, false},
      {"Rx Site", "rx_site", "", 0x30, 0x1001, "LO", 'P', false, false},
      {"Field ID", "field_id", "", 0x30, 0x1003, "LO", 'P', false, false},
      {"Machine ID, again", "machine_id_again", "", 0x30, 0x1006, "LO", 'P', false, false},
      {"Segment", "segment", "", 0x30, 0x1007, "DS", 'R', false, true},
      {"Total MU", "total_mu", "MU", 0x30, 0x1009, "DS", 'R', false, true},
      {"Interlocks", "interlocks", "", 0x30, 0x1016, "LO", 'R', true, false},
      {"Previous Interlocks", "previous_interlocks", "", 0x30, 0x1018, "LO", 'R', true, false},
      {"Delivery MU", "delivery_mu", "MU", 0x30, 0x0032, "DS", 'R', false, true},
      {"Backup Delivery MU", "backup_delivery_mu", "MU", 0x30, 0x0033, "DS", 'R', false, true},
      {"Machine ID", "machine_id", "", 0x30, 0x00B2, "SH", 'P', false, false},
      {"Radiation Type", "radiation_type", "", 0x30, 0x00C6, "CS", 'R', false, false},
      {"Energy", "energy", "", 0x30, 0x0114, "SH", 'R', false, false},
      {"Wedge", "wedge", "", 0x30, 0x0118, "CS", 'R', false, false},
      {"Gantry", "gantry", "deg", 0x30, 0x011E, "DS", 'R', false, true},
      {"Collimator", "collimator", "deg", 0x30, 0x0120, "DS", 'R', false, true},
      {"Table Column", "table_column", "deg", 0x30, 0x0122, "DS", 'R', false, true},
      {"Table Isocentric", "table_isocentric", "deg", 0x30, 0x0125, "DS", 'R', false, true},
      {"Table Vertical", "table_vertical", "cm", 0x30, 0x0128, "DS", 'R', false, true},
      {"Table Longitudinal", "table_longitudinal", "cm", 0x30, 0x0129, "DS", 'R', false, true},
      {"Table Lateral", "table_lateral", "cm", 0x30, 0x012A, "DS", 'R', false, true},
      {"Beam Timer", "beam_timer", "", 0x70, 0x0038, "SH", 'R', false, true},
      {"Beam Description", "beam_description", "", 0x70, 0x000C, "SH", 'R', false, false},
      {"Segment MU", "segment_mu", "MU", 0x70, 0x000B, "DS", 'R', false, true},
  };
  return tags;
}

const NamedTag* name_of(const Item& item) {
  const auto& tags = named_tags();
  const auto found = std::find_if(tags.begin(), tags.end(), [&](const NamedTag& tag) {
    return tag.element == item.element && tag.group_high == item.group >> 8U &&
           tag.part == item.part && tag.vr == item.vr_text();
  });
  return found != tags.end() ? &*found : nullptr;
}

std::string UnknownItem::tag_text() const {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  const auto append_hex = [&](std::uint16_t number) {
    for (const unsigned shift : {12U, 8U, 4U, 0U}) {
      text.push_back(kDigits[(number >> shift) & 0xFU]);
    }
  };
  append_hex(group);
  text.push_back(',');
  append_hex(element);
  return text;
}

}  // namespace icom
