#include "gateway/archive/readable_frame.hpp"

#include <algorithm>
#include <string_view>

#include "common/icom/values.hpp"

namespace icom::archive {

namespace {

bool has_number(const FrameValues& values, std::string_view key) {
  return std::any_of(values.named.begin(), values.named.end(), [&](const NamedValue& value) {
    return value.tag->key == key && value.number.has_value();
  });
}

bool has_positions(const FrameValues& values, std::string_view label, std::size_t count) {
  return std::any_of(
      values.positions.begin(), values.positions.end(), [&](const PositionBlock& block) {
        return block.part == 'R' && block.label == label && block.centimetres.size() == count &&
               std::all_of(block.centimetres.begin(), block.centimetres.end(),
                           [](const auto& position) { return position.has_value(); });
      });
}

}  // namespace

bool reads_as_delivery(Bytes frame) {
  constexpr std::size_t kLeaves = 160;
  constexpr std::size_t kJaws = 2;
  const FrameValues values = values_of(frame);
  return has_number(values, "delivery_mu") && has_number(values, "gantry") &&
         has_number(values, "collimator") && has_positions(values, "MLCX", kLeaves) &&
         has_positions(values, "ASYMY", kJaws);
}

}  // namespace icom::archive
