// Frames that PyMedPhys could read, and frames between them.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/icom/frame_builder.hpp"

namespace icom::test {

struct DeliveryShape {
  double mu_per_frame = 1;
  unsigned leaves = 160;
  std::string interlock = {};  ///< on in every frame, if not empty
  std::string field = "1-1";
  std::string date = "2026-03-02";
  std::optional<std::string> mu = {};  ///< in the last frame, instead of what follows from the rest
};

inline std::string decimal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// Messages `from` to `to` (not included) of a Linac that sends four a second from 08:00:00 on,
/// with a patient.
inline std::vector<ByteVector> delivery(unsigned from, unsigned to, const Patient& patient,
                                        const DeliveryShape& shape = {}) {
  std::vector<ByteVector> frames;
  for (unsigned n = from; n < to; ++n) {
    FrameSpec spec;
    spec.time = shape.date + time_after(n / 4).substr(shape.date.size());
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = {{0x0010, 0x0010, "PN", 'P', patient.name},
                  {0x0010, 0x0020, "LO", 'P', patient.id},
                  {0x3001, 0x1003, "LO", 'P', shape.field},
                  {0x3008, 0x0032, "DS", 'R', decimal(shape.mu_per_frame * (n - from))},
                  {0x300A, 0x00B8, "DS", 'R', "ASYMY"}};
    for (int jaw = 0; jaw < 2; ++jaw) {
      spec.items.push_back({0x300A, 0x011C, "DS", 'R', "10.0"});
    }
    spec.items.push_back({0x300A, 0x00B8, "DS", 'R', "MLCX"});
    for (unsigned leaf = 0; leaf < shape.leaves; ++leaf) {
      spec.items.push_back({0x300A, 0x011C, "DS", 'R', decimal((leaf + n) % 20)});
    }
    if (!shape.interlock.empty()) {
      spec.items.push_back({0x3001, 0x1016, "LO", 'R', shape.interlock});
    }
    spec.items.push_back({0x300A, 0x011E, "DS", 'R', std::to_string(n % 180)});
    spec.items.push_back({0x300A, 0x0120, "DS", 'R', "0.0"});
    if (shape.mu && n + 1 == to) {
      spec.items[3].value = *shape.mu;
    }
    frames.push_back(build_frame(spec));
  }
  return frames;
}

/// The same without a patient.
inline std::vector<ByteVector> idle(unsigned from, unsigned to) {
  std::vector<ByteVector> frames;
  for (unsigned n = from; n < to; ++n) {
    FrameSpec spec;
    spec.time = time_after(n / 4);
    spec.counter = static_cast<std::uint8_t>(n);
    spec.items = typical_items({}, n);
    frames.push_back(build_frame(spec));
  }
  return frames;
}

}  // namespace icom::test
