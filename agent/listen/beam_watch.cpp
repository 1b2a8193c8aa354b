#include "agent/listen/beam_watch.hpp"

#include <algorithm>
#include <utility>

#include "common/icom/values.hpp"

namespace icom::listen {

void BeamWatch::connected(Clock::time_point now) {
  if (!std::exchange(unknown_, true)) mu_changed_ = now;
  patient_ = true;
  without_patient_ = 0;
}

void BeamWatch::resume(const BeamState& state, Clock::time_point now) {
  using std::chrono::milliseconds;
  patient_ = state.patient;
  unknown_ = state.unknown;
  mu_ = state.mu;
  mu_changed_ = now - std::clamp<milliseconds>(state.unchanged, milliseconds::zero(), kQuiet);
}

BeamState BeamWatch::state(Clock::time_point now) const {
  return {.patient = patient_,
          .unknown = unknown_,
          .mu = mu_,
          .unchanged = std::chrono::duration_cast<std::chrono::milliseconds>(now - mu_changed_)};
}

void BeamWatch::see(Bytes frame, bool has_patient, Clock::time_point now) {
  if (!has_patient) {
    if (patient_) ++without_patient_;
    if (!beam_may_be_on(now) || without_patient_ >= kGoneFrames) patient_ = unknown_ = false;
    return;
  }
  without_patient_ = 0;
  // Of a patient's first frame it is not known whether its MU rise: they have changed now.
  const bool was_unknown = std::exchange(unknown_, false);
  const bool selected_now = !std::exchange(patient_, true) || was_unknown;
  const auto mu = quick_delivery_mu(frame);
  if (selected_now || (mu && mu != mu_)) mu_changed_ = now;
  if (selected_now) mu_.reset();  // those of another patient say nothing of this one's
  if (mu) mu_ = mu;
}

void BeamWatch::disconnected() {
  patient_ = false;
}

std::optional<BeamWatch::Clock::time_point> BeamWatch::quiet_from() const {
  if (!patient_) return std::nullopt;
  return no_mu_read() ? Clock::time_point::max() : mu_changed_ + kQuiet;
}

bool BeamWatch::beam_may_be_on(Clock::time_point now) const {
  const auto quiet = quiet_from();
  return quiet && now < *quiet;
}

}  // namespace icom::listen
