// Whether a beam may be on, so that nobody leaves a Linac in the middle of one.
#pragma once

#include <chrono>
#include <optional>

#include "common/icom/bytes.hpp"

namespace icom::listen {

/// Judges by what is certain in the stream (docs/protocol.md, "The iCom Vx stream"): a patient is
/// selected, and Delivery MU change from frame to frame. Where it knows too little it says that a
/// beam may be on. Not thread-safe; no clock of its own.
class BeamWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// MU that stand still for this long belong to no beam any more: the pauses between two segments
  /// are shorter.
  static constexpr std::chrono::seconds kQuiet{10};

  /// Every frame, in order, when it came.
  void see(Bytes frame, bool has_patient, Clock::time_point now);
  /// Nobody is connected: nothing that we do can disturb a beam.
  void disconnected();

  /// From when on no beam is on, should nothing change until then; nothing where none is on now
  /// for another reason than the time: no patient, or no connection.
  [[nodiscard]] std::optional<Clock::time_point> quiet_from() const;
  [[nodiscard]] bool beam_may_be_on(Clock::time_point now) const;

 private:
  bool patient_ = false;
  std::optional<double> mu_;
  Clock::time_point mu_changed_;
};

}  // namespace icom::listen
