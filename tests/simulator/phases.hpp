// A visit as a sequence of phases, each with one thing going on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/simulator/visit_plan.hpp"

namespace icom::simulator {

struct Phase {
  enum class Kind : std::uint8_t {
    idle,         ///< no patient
    set_up,       ///< the beam is loaded, MU 0, settings not confirmed
    ready,        ///< confirmed, waiting for the start
    approach,     ///< leaves and gantry move to the segment; no MU
    irradiate,    ///< MU rise
    interrupted,  ///< an interlock holds the beam; nothing moves, no MU
    terminated,   ///< the beam is over; its MU stay on show
  };
  Kind kind = Kind::idle;
  int frames = 1;
  std::size_t beam = 0;  ///< index into Visit::beams
  int segment = 1;       ///< of a step-and-shoot beam
  int progress = 0;      ///< frames of beam-on of this beam before the phase
};

/// The phases of a visit, without the idle time before it. Beam-on frames of a beam add up to
/// Beam::frames.
std::vector<Phase> phases_of(const Visit& visit);

}  // namespace icom::simulator
