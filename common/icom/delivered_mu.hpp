// Monitor units delivered over a run of frames, by the rule that PyMedPhys applies.
// docs/protocol.md, "Delivered MU".
#pragma once

#include <cstdint>
#include <optional>

namespace icom {

/// Feed the Delivery MU of each frame of a record, in order. Rises are cumulated, falls (a new
/// beam) count as 0.
class DeliveredMu {
 public:
  void add(std::optional<double> delivery_mu);
  [[nodiscard]] double total() const { return total_; }
  /// PyMedPhys keeps a record only if, after dropping each control point whose MU differs neither
  /// from the one before nor from the one after, any is left.
  [[nodiscard]] bool any_control_point_left() const { return total_ > 0; }

 private:
  std::optional<double> last_;
  double total_ = 0;
};

}  // namespace icom
