// What the simulated machine is and does at one instant: all that a frame shows, and nothing of how
// it is written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace icom::simulator {

/// A decimal with one digit after the point, as the wire shows it: 105 is `10.5`. Whole numbers
/// keep MU and positions free of rounding, so that "never falls" and "stands still" are exact.
using Tenths = std::int32_t;
/// Written as -32767, "not available".
inline constexpr Tenths kNotAvailable = INT32_MIN;

/// The vendor's numbers (docs/protocol.md). Sent in the opaque byte at offset 6, which no reader
/// may rely on.
enum class LinacState : std::uint8_t {
  preparatory = 1,
  confirm_settings = 2,
  ready_to_start = 3,
  segment_start = 4,
  segment_irradiate = 5,
  segment_interrupted = 7,
  segment_pause = 10,
  field_terminated = 13,
};

/// Sent in the opaque byte at offset 7.
enum class FunctionMode : std::uint8_t {
  therapy_treatment = 1,
  service = 10,
  none = 255,
};

/// Who and what is selected at the console. Raw bytes: hostile ones too.
struct Selection {
  std::string patient_name;
  std::string patient_id;
  std::string rx_site;
  std::string field_id;
  std::string beam_description;
};

inline constexpr std::size_t kLeaves = 160;
/// Centimetres in tenths, in wire order: the two leaves of a pair next to each other, the lower
/// position first.
using Leaves = std::array<Tenths, kLeaves>;

struct MachineState {
  LinacState state = LinacState::preparatory;
  FunctionMode mode = FunctionMode::none;
  std::optional<Selection> selection;  ///< nothing: no patient
  int visit = 0;  ///< ordinal of the patient's visit, from 1; 0 with no patient. Never on the wire.

  int segment = 1;
  Tenths total_mu = 1000;  ///< prescribed for the beam
  Tenths delivery_mu = 0;  ///< never falls within a beam, 0 at a new one
  Tenths backup_mu = 0;
  Tenths segment_mu = 0;
  Tenths beam_timer = 0;         ///< seconds
  std::optional<int> dose_rate;  ///< MU a minute, while the beam is on
  std::vector<std::string> interlocks;
  std::vector<std::string> previous_interlocks;
  /// The tags for Delivery MU and Gantry show -32767 first, then the value in a second item.
  bool sentinels_first = false;

  std::string radiation = "PHOTON";
  std::string energy = "6 MV";
  std::string wedge = "OUT";
  Tenths gantry = 0;          ///< degrees, -180.0 to 179.9
  Tenths collimator = 0;      ///< degrees
  int table_column = 0;       ///< degrees
  int table_isocentric = 0;   ///< degrees
  Tenths table_vertical = 0;  ///< cm, as the next two
  Tenths table_longitudinal = 0;
  Tenths table_lateral = 0;
  std::array<Tenths, 2> jaws_x{-200, 200};
  /// From the field's centre outwards, so both positive when open: Y1 = -jaws_y[0], Y2 = jaws_y[1].
  std::array<Tenths, 2> jaws_y{100, 100};
  Leaves leaves_run{};
  Leaves leaves_prescribed{};
  Leaves leaves_set{};
};

}  // namespace icom::simulator
