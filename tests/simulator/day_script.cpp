#include "tests/simulator/day_script.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string_view>
#include <utility>

#include "tests/simulator/leaf_motion.hpp"

namespace icom::simulator {
namespace {

constexpr std::string_view kInterruptions[] = {"Touchguard", "Door Interlock", "Motion Enable Off",
                                               "Dose Rate Low"};
constexpr int kControlPointFrames = 8;
constexpr int kSegmentSteps =
    5;  // how differently two segments are shaped, in steps of leaf motion

// Degrees in tenths, any turn, to -180.0 .. 179.9.
Tenths wrapped(Tenths angle) {
  const Tenths turned = (angle + 1800) % 3600;
  return (turned < 0 ? turned + 3600 : turned) - 1800;
}

int steps_of(const Beam& beam, const Phase& phase, int progress) {
  return beam.technique == Technique::vmat ? progress : phase.segment * kSegmentSteps;
}

}  // namespace

DayScript::DayScript(const DayOptions& options) : options_(options) {
  state_.leaves_run = state_.leaves_prescribed = state_.leaves_set = leaves_after(0, 0);
  begin_visit();
}

const MachineState& DayScript::next() {
  while (frame_in_phase_ == phases_[phase_].frames) advance();
  const Phase& phase = phases_[phase_];
  if (frame_in_phase_ == 0) {
    leaves_before_ = state_.leaves_run;
    jaws_before_ = state_.jaws_y;
    gantry_before_ = state_.gantry;
  }
  if (phase.kind == Phase::Kind::idle) {
    show_idle();
  } else {
    show_visit(phase);
  }
  ++frame_in_phase_;
  return state_;
}

void DayScript::advance() {
  frame_in_phase_ = 0;
  if (++phase_ < phases_.size()) return;
  phase_ = 0;
  if (!visit_.set_up_only) ++deliveries_;
  if (options_.deliveries != 0 && deliveries_ == options_.deliveries) {
    ended_ = true;
    phases_ = {Phase{Phase::Kind::idle, std::numeric_limits<int>::max()}};
    return;
  }
  begin_visit();
}

void DayScript::begin_visit() {
  visit_ = plan_visit(options_, visit_.ordinal + 1);
  phases_ = phases_of(visit_);
  if (visit_.gap_before) {
    phases_.insert(phases_.begin(), Phase{Phase::Kind::idle, options_.idle_frames});
  }
}

void DayScript::show_idle() {
  if (ended_) ++idle_since_end_;
  // What was set last stays set; only the patient and the beam are gone.
  const MachineState before = std::exchange(state_, MachineState{});
  state_.leaves_run = before.leaves_run;
  state_.leaves_prescribed = before.leaves_prescribed;
  state_.leaves_set = before.leaves_set;
  state_.jaws_x = before.jaws_x;
  state_.jaws_y = before.jaws_y;
  state_.gantry = before.gantry;
  state_.collimator = before.collimator;
}

void DayScript::show_visit(const Phase& phase) {
  const Beam& beam = visit_.beams[phase.beam];
  const bool irradiating = phase.kind == Phase::Kind::irradiate;
  const int progress = phase.progress + (irradiating ? frame_in_phase_ + 1 : 0);

  state_.mode = visit_.mode;
  state_.visit = visit_.ordinal;
  state_.selection = Selection{visit_.patient.name, visit_.patient.id, visit_.rx_site,
                               beam.field_id, beam.description};
  state_.radiation = beam.radiation;
  state_.energy = beam.energy;
  state_.total_mu = beam.total_mu;
  state_.delivery_mu = beam.mu_at(progress);
  // The second chamber reads a tenth less now and then.
  state_.backup_mu = std::max(0, state_.delivery_mu - (progress % 3 == 1 ? 1 : 0));
  state_.segment = beam.technique == Technique::step_and_shoot
                       ? phase.segment
                       : std::min(beam.segments, 1 + progress * beam.segments / beam.frames);
  state_.segment_mu =
      state_.delivery_mu - beam.mu_at(std::min(progress, beam.segment_starts_at(state_.segment)));
  state_.beam_timer = progress * 10 / options_.hz;
  state_.dose_rate.reset();
  state_.sentinels_first = visit_.sentinels_first && phase.kind == Phase::Kind::set_up;
  state_.interlocks.clear();
  state_.previous_interlocks.clear();

  switch (phase.kind) {
    case Phase::Kind::idle:
      break;
    case Phase::Kind::set_up:
      state_.state = frame_in_phase_ * 2 < phase.frames ? LinacState::preparatory
                                                        : LinacState::confirm_settings;
      state_.interlocks = {"Settings Not Confirmed"};
      break;
    case Phase::Kind::ready:
      state_.state = LinacState::ready_to_start;
      state_.previous_interlocks = {"Settings Not Confirmed"};
      break;
    case Phase::Kind::approach:
      state_.state = LinacState::segment_pause;
      break;
    case Phase::Kind::irradiate:
      state_.state =
          frame_in_phase_ == 0 ? LinacState::segment_start : LinacState::segment_irradiate;
      state_.dose_rate = (beam.mu_at(progress) - beam.mu_at(progress - 1)) * 6 * options_.hz;
      break;
    case Phase::Kind::interrupted:
      state_.state = LinacState::segment_interrupted;
      state_.interlocks = {std::string(kInterruptions[beam.aperture % std::size(kInterruptions)]),
                           "Beam Interrupted"};
      break;
    case Phase::Kind::terminated:
      state_.state = LinacState::field_terminated;
      state_.interlocks = {"Settings Not Confirmed"};
      break;
  }
  show_motion(beam, phase, progress);
}

void DayScript::show_motion(const Beam& beam, const Phase& phase, int progress) {
  const bool moving = phase.kind == Phase::Kind::set_up || phase.kind == Phase::Kind::approach;
  const int arc = beam.gantry_to - beam.gantry_from;
  const Tenths gantry = wrapped(beam.gantry_from + arc * progress / beam.frames);
  // A gantry's way to the next beam never leads past 180 degrees: there its cables end.
  state_.gantry =
      moving ? gantry_before_ + (gantry - gantry_before_) * (frame_in_phase_ + 1) / phase.frames
             : gantry;
  state_.collimator = beam.collimator;
  state_.table_column = beam.table_column;
  state_.table_isocentric = 0;
  state_.table_vertical = -100 - visit_.ordinal % 50;
  state_.table_longitudinal = 600 + 7 * (visit_.ordinal % 40);
  state_.table_lateral = visit_.ordinal % 9 - 4;
  state_.jaws_x = {-120, 120};
  const int steps = steps_of(beam, phase, progress);
  const Leaves target = leaves_after(steps, beam.aperture);
  state_.leaves_run =
      moving ? between(leaves_before_, target, frame_in_phase_ + 1, phase.frames) : target;
  state_.jaws_y = {half_height_of(beam.aperture) + 2, half_height_of(beam.aperture) + 7};
  if (moving) {  // the pairs that were open close on the way
    state_.jaws_y[0] = std::max(state_.jaws_y[0], jaws_before_[0]);
    state_.jaws_y[1] = std::max(state_.jaws_y[1], jaws_before_[1]);
  }
  state_.leaves_set = target;
  state_.leaves_prescribed =
      beam.technique == Technique::vmat
          ? leaves_after((steps / kControlPointFrames + 1) * kControlPointFrames, beam.aperture)
          : target;
}

}  // namespace icom::simulator
