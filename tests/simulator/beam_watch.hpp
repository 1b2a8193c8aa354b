// Is the beam on? Decided as a reader of the stream would: Delivery MU rising.
#pragma once

#include <cstdint>
#include <string>

#include "tests/simulator/machine_state.hpp"

namespace icom::simulator {

class BeamWatch {
 public:
  /// MU that rose this long ago, in Linac time, still count as a beam: it may be between two
  /// segments.
  static constexpr int kStillOnSeconds = 10;

  explicit BeamWatch(int hz) : still_on_frames_(static_cast<std::uint64_t>(hz) * kStillOnSeconds) {}

  /// Every frame's state, in order.
  void see(const MachineState& state) {
    ++frame_;
    if (state.delivery_mu > last_mu_) {
      rose_at_ = frame_;
      visit_ = state.visit;
      field_id_ = state.selection ? state.selection->field_id : std::string();
    }
    last_mu_ = state.delivery_mu;
    if (!state.selection) rose_at_ = 0;
  }

  [[nodiscard]] bool beam_on() const {
    return rose_at_ != 0 && frame_ - rose_at_ <= still_on_frames_;
  }
  /// Of the beam that was on last.
  [[nodiscard]] int visit() const { return visit_; }
  [[nodiscard]] const std::string& field_id() const { return field_id_; }

 private:
  std::uint64_t still_on_frames_;
  std::uint64_t frame_ = 0;
  std::uint64_t rose_at_ = 0;
  Tenths last_mu_ = 0;
  int visit_ = 0;
  std::string field_id_;
};

}  // namespace icom::simulator
