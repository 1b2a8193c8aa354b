#include "agent/listen/beam_watch.hpp"

#include "common/icom/values.hpp"

namespace icom::listen {

void BeamWatch::see(Bytes frame, bool has_patient, Clock::time_point now) {
  // Of a patient's first frame it is not known whether its MU rise: they have changed now.
  const bool selected_now = has_patient && !patient_;
  patient_ = has_patient;
  if (!patient_) return;
  const auto mu = quick_delivery_mu(frame);
  if (selected_now || (mu && mu != mu_)) mu_changed_ = now;
  if (mu) mu_ = mu;
}

void BeamWatch::disconnected() {
  patient_ = false;
}

std::optional<BeamWatch::Clock::time_point> BeamWatch::quiet_from() const {
  return patient_ ? std::optional(mu_changed_ + kQuiet) : std::nullopt;
}

bool BeamWatch::beam_may_be_on(Clock::time_point now) const {
  const auto quiet = quiet_from();
  return quiet && now < *quiet;
}

}  // namespace icom::listen
