// Builds iCom frames byte by byte, for tests of any module. Shares no code with what it tests.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/icom/bytes.hpp"

namespace icom::test {

struct TestItem {
  std::uint16_t group;
  std::uint16_t element;
  std::string vr;
  char part;
  std::string value;
};

struct FrameSpec {
  std::string time = "2026-03-0208:00:00";
  std::uint8_t counter = 0;
  std::vector<TestItem> items;
  std::string opaque;                         ///< between the counter and the first item
  std::int64_t convention = 0;                ///< frame size - length field
  std::optional<std::uint32_t> length_field;  ///< instead of what the convention says
};

inline void append_item(ByteVector& frame, const TestItem& item) {
  append_little_endian(frame, item.group);
  append_little_endian(frame, item.element);
  append(frame, as_bytes(item.vr));
  frame.push_back(std::byte{0});
  frame.push_back(static_cast<std::byte>(item.part));
  append_little_endian(frame, static_cast<std::uint32_t>(item.value.size()));
  append(frame, as_bytes(item.value));
}

inline ByteVector build_frame(const FrameSpec& spec) {
  using namespace std::string_view_literals;
  ByteVector frame(4);
  append(frame, as_bytes("\x04\x04\x05\x08"sv));
  append(frame, as_bytes(spec.time));
  frame.push_back(static_cast<std::byte>(spec.counter));
  append(frame, as_bytes(spec.opaque));
  for (const TestItem& item : spec.items) {
    append_item(frame, item);
  }
  const auto size = static_cast<std::int64_t>(frame.size());
  store_little_endian(
      frame.data(), spec.length_field.value_or(static_cast<std::uint32_t>(size - spec.convention)));
  return frame;
}

/// The 18 characters of a date and time, `seconds` after 2026-03-02 08:00:00; within that day.
inline std::string time_after(unsigned seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "2026-03-02%02u:%02u:%02u", (8 + seconds / 3600) % 24,
                seconds / 60 % 60, seconds % 60);
  return text;
}

struct Patient {
  std::string id = "100234";
  std::string name = "BANKSIA, Rose";
};

/// Items as a machine with `leaves` leaves sends them; `tick` moves the leaves and the monitor
/// units, and with them the sizes of values.
inline std::vector<TestItem> typical_items(const std::optional<Patient>& patient, unsigned tick,
                                           unsigned leaves = 8) {
  const auto tenths = [](unsigned value) {
    return std::to_string(value / 10) + "." + std::to_string(value % 10);
  };
  std::vector<TestItem> items;
  if (patient) {
    items.push_back({0x0010, 0x0010, "PN", 'P', patient->name});
    items.push_back({0x0010, 0x0020, "LO", 'P', patient->id});
    items.push_back({0x3001, 0x1003, "LO", 'P', "1-1"});
  }
  items.push_back({0x3008, 0x0032, "DS", 'R', tenths(7 * tick)});
  items.push_back({0x300A, 0x00B2, "SH", 'P', "4299"});
  for (const char part : {'R', 'P', 'S'}) {
    items.push_back({0x300A, 0x00B8, "DS", part, "MLCX"});
    for (unsigned leaf = 0; leaf < leaves; ++leaf) {
      items.push_back({0x300A, 0x011C, "DS", part, "-" + tenths((leaf * 13 + tick * 3) % 150)});
    }
  }
  items.push_back({0x300A, 0x011E, "DS", 'R', tenths(tick % 1800)});
  return items;
}

}  // namespace icom::test
