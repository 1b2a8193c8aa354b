// Whether a beam may be on, so that nobody leaves a Linac in the middle of one.
#pragma once

#include <chrono>
#include <optional>

#include "common/icom/bytes.hpp"

namespace icom::listen {

/// What a BeamWatch knows, for the one of the next listener.
struct BeamState {
  bool patient = false;                   ///< is selected, or may be
  bool unknown = false;                   ///< no frame has come that shows whether one is
  std::optional<double> mu;               ///< Delivery MU, the last since the patient is selected
  std::chrono::milliseconds unchanged{};  ///< for how long, if `patient`
};

/// Judges by what is certain in the stream (docs/protocol.md, "The iCom Vx stream"): a patient is
/// selected, and Delivery MU change from frame to frame. Where it knows too little it says that a
/// beam may be on: of a patient none of whose MU could be read, for as long as he is selected. Not
/// thread-safe; no clock of its own.
class BeamWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// MU that stand still for this long belong to no beam any more: the pauses between two segments
  /// are shorter.
  static constexpr std::chrono::seconds kQuiet{10};
  /// While MU have changed within kQuiet, so many frames without a patient must follow each other
  /// before the patient counts as gone, a second of them: a single one may be a fault of the
  /// Linac's.
  static constexpr int kGoneFrames = 4;

  /// There is a connection, and no frame of it has been seen: a beam may be on, for kQuiet. Of one
  /// after another that brings no frame, kQuiet counts from the first: a Linac that sends nothing
  /// holds nobody for longer.
  void connected(Clock::time_point now);
  /// Instead of connected(), for a connection of another listener's: what state() was there.
  void resume(const BeamState& state, Clock::time_point now);
  [[nodiscard]] BeamState state(Clock::time_point now) const;
  /// Every frame, in order, when it came.
  void see(Bytes frame, bool has_patient, Clock::time_point now);
  /// Nobody is connected: nothing that we do can disturb a beam.
  void disconnected();

  /// From when on no beam is on, should nothing change until then: never where no_mu_read().
  /// Nothing where none is on now for another reason than the time: no patient, or no connection.
  [[nodiscard]] std::optional<Clock::time_point> quiet_from() const;
  [[nodiscard]] bool beam_may_be_on(Clock::time_point now) const;
  /// A patient is selected, and no frame since then had Delivery MU that can be read: they may be
  /// under another tag, or written in another way. Nothing tells that they stand still.
  [[nodiscard]] bool no_mu_read() const { return patient_ && !unknown_ && !mu_; }

 private:
  bool patient_ = false;     ///< or it is unknown
  bool unknown_ = false;     ///< connected() since the last frame that told
  int without_patient_ = 0;  ///< frames, since the last with one
  std::optional<double> mu_;
  Clock::time_point mu_changed_;
};

}  // namespace icom::listen
