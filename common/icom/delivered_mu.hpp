// Monitor units delivered over a run of frames, by the rule that PyMedPhys applies.
// docs/protocol.md, "Delivered MU".
#pragma once

#include <cstdint>
#include <optional>

namespace icom {

/// No machine delivers a millionth part of it: a number beyond is no MU, whatever it is. And as
/// many as a record may ever have do not add up to what a double cannot hold.
inline constexpr double kMostMu = 1e9;
[[nodiscard]] bool is_mu(double value);

/// Feed the Delivery MU of each frame of a record, in order. Rises are cumulated, falls (a new
/// beam) count as 0. What is no MU adds nothing.
class DeliveredMu {
 public:
  void add(std::optional<double> delivery_mu);
  [[nodiscard]] double total() const { return total_; }
  /// PyMedPhys keeps a record only if, after dropping each control point whose MU differs neither
  /// from the one before nor from the one after, any is left. Where a value was no MU, nobody can
  /// say that none is.
  [[nodiscard]] bool any_control_point_left() const { return total_ > 0 || any_is_no_mu_; }

 private:
  std::optional<double> last_;
  double total_ = 0;
  bool any_is_no_mu_ = false;
};

}  // namespace icom
