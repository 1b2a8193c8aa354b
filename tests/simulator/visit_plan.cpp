#include "tests/simulator/visit_plan.hpp"

#include <algorithm>
#include <string_view>

namespace icom::simulator {
namespace {

constexpr std::string_view kSites[] = {"PROSTATE", "LUNG L", "BREAST R",   "H&N",
                                       "PELVIS",   "BRAIN",  "SPINE T4-T6"};
constexpr std::string_view kPhotonEnergies[] = {"6 MV", "6 MV FFF", "10 MV", "10 MV FFF", "18 MV"};

Beam plan_beam(const DayOptions& options, Random& random, int number) {
  Beam beam;
  const auto drawn_technique = random.one_in(2) ? Technique::vmat : Technique::step_and_shoot;
  beam.technique = options.technique.value_or(drawn_technique);
  beam.field_id = "1-" + std::to_string(number);
  beam.radiation = "PHOTON";
  beam.energy = random.pick(kPhotonEnergies);
  beam.total_mu = random.between(400, 2600);
  beam.collimator = 10 * random.between(-45, 45);
  beam.table_column = random.one_in(4) ? random.between(-20, 20) : 0;
  beam.aperture = static_cast<std::uint32_t>(random.next());
  const int drawn_frames = options.hz * random.between(20, 50);
  beam.frames = options.beam_frames.value_or(drawn_frames);
  const int gantry = 10 * random.between(-180, 179);
  const int arc = 10 * random.between(90, 358) * (random.one_in(2) ? 1 : -1);
  const int segments = random.between(3, 9);
  beam.gantry_from = gantry;
  if (beam.technique == Technique::vmat) {
    beam.description = "VMAT";
    beam.gantry_to = gantry + arc;
    beam.segments = std::max(1, beam.frames / 8);
  } else {
    beam.description = "Step and Shoot";
    beam.gantry_to = gantry;
    beam.segments = std::clamp(segments, 1, std::max(1, beam.frames / 4));
  }
  if (random.one_in(6) && beam.frames > 2) {
    beam.interrupted_at = random.between(1, beam.frames - 1);
  }
  return beam;
}

}  // namespace

Tenths Beam::mu_at(int progress) const {
  return static_cast<Tenths>(std::int64_t{total_mu} * progress / frames);
}

int Beam::segment_starts_at(int number) const {
  return (number - 1) * frames / segments;
}

Visit plan_visit(const DayOptions& options, int ordinal) {
  Random random(options.seed, static_cast<std::uint64_t>(ordinal));
  Visit visit;
  visit.ordinal = ordinal;
  // Not the first, so that a short demonstration starts with an everyday treatment; never two in a
  // row, since the same pseudo-patient twice without a gap would be one record.
  const bool service = ordinal % 2 == 0 && random.one_in(4);
  visit.mode = service ? FunctionMode::service : FunctionMode::therapy_treatment;
  visit.patient = options.hostile_names ? make_hostile_patient(ordinal - 1)
                  : service             ? make_pseudo_patient(random)
                                        : make_patient(random, ordinal);
  visit.rx_site = service ? "QA" : random.pick(kSites);
  visit.set_up_only = ordinal > 1 && random.one_in(9);
  visit.gap_before = options.idle_frames > 0 && (ordinal == 1 || !random.one_in(6));
  visit.sentinels_first = random.one_in(3);
  const int setup_frames = options.hz * random.between(3, 10);
  visit.setup_frames = options.beam_frames
                           ? std::min(setup_frames, std::max(2, *options.beam_frames / 4))
                           : setup_frames;
  const int beams = options.beams.value_or(random.between(1, 4));
  for (int number = 1; number <= beams; ++number) {
    visit.beams.push_back(plan_beam(options, random, number));
  }
  return visit;
}

}  // namespace icom::simulator
