// A day of a Linac, one instant after the other: idle, then visit after visit, by seed.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/simulator/machine_state.hpp"
#include "tests/simulator/phases.hpp"
#include "tests/simulator/visit_plan.hpp"

namespace icom::simulator {

/// The same options give the same day. Not thread-safe. No I/O, no clock.
class DayScript {
 public:
  explicit DayScript(const DayOptions& options);

  /// The state one frame later. The reference lives until the next call.
  const MachineState& next();
  /// Visits with MU that are over: a frame without their patient has come.
  [[nodiscard]] std::uint64_t deliveries() const { return deliveries_; }
  /// Idle frames shown since the last of DayOptions::deliveries ended; 0 before.
  [[nodiscard]] std::uint64_t idle_frames_since_end() const { return idle_since_end_; }

 private:
  void advance();
  void begin_visit();
  void show_idle();
  void show_visit(const Phase& phase);
  void show_motion(const Beam& beam, const Phase& phase, int progress);

  DayOptions options_;
  Visit visit_;
  std::vector<Phase> phases_;
  std::size_t phase_ = 0;
  int frame_in_phase_ = 0;
  Leaves leaves_before_{};               // when the phase began
  std::array<Tenths, 2> jaws_before_{};  // along Y, likewise
  Tenths gantry_before_ = 0;
  bool ended_ = false;
  std::uint64_t deliveries_ = 0;
  std::uint64_t idle_since_end_ = 0;
  MachineState state_;
};

}  // namespace icom::simulator
