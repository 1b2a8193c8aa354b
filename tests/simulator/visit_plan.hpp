// What will be done to one patient: the beams of a visit, drawn by seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/machine_state.hpp"
#include "tests/simulator/patients.hpp"

namespace icom::simulator {

enum class Technique : std::uint8_t { step_and_shoot, vmat };

/// The habits of a day.
struct DayOptions {
  std::uint64_t seed = 1;
  int hz = 4;  ///< frames in a second of Linac time; durations are drawn in seconds
  int idle_frames =
      24;  ///< with no patient, between visits; 0: patients always change without a gap
  std::optional<int> beam_frames;      ///< frames of beam-on per beam, >= 1; drawn if not given
  std::optional<int> beams;            ///< beams per visit, >= 1; drawn if not given
  std::optional<Technique> technique;  ///< of every beam; drawn if not given
  bool hostile_names = false;
  std::uint64_t deliveries = 0;  ///< visits with MU before the day ends; 0: the day never ends
};

struct Beam {
  Technique technique = Technique::vmat;
  std::string field_id;
  std::string description;
  std::string radiation;
  std::string energy;
  Tenths total_mu = 0;
  int segments = 1;                   ///< segments, or control points of an arc
  int frames = 1;                     ///< of beam-on
  std::optional<int> interrupted_at;  ///< after that many frames of beam-on an interlock stops the
                                      ///< beam for a while
  Tenths gantry_from = 0;             ///< degrees, not wrapped: an arc may pass 180
  Tenths gantry_to = 0;
  Tenths collimator = 0;
  int table_column = 0;
  std::uint32_t aperture = 0;

  /// Delivered after `progress` frames of beam-on. Never falls as progress rises; 0 at 0, total_mu
  /// at `frames`.
  [[nodiscard]] Tenths mu_at(int progress) const;
  /// Frames of beam-on before segment `number` (from 1).
  [[nodiscard]] int segment_starts_at(int number) const;
};

struct Visit {
  int ordinal = 0;  ///< from 1
  Patient patient;
  std::string rx_site;
  FunctionMode mode = FunctionMode::therapy_treatment;
  std::vector<Beam> beams;   ///< planned, also for a visit of set-up only
  bool set_up_only = false;  ///< nothing is delivered
  bool gap_before = true;    ///< false: this patient follows the one before at once
  bool sentinels_first = false;
  int setup_frames = 0;
};

/// The same options and ordinal give the same visit. Precondition: ordinal >= 1.
Visit plan_visit(const DayOptions& options, int ordinal);

}  // namespace icom::simulator
