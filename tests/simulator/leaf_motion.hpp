// Where the 160 leaves stand, as a function of how far an aperture has moved.
#pragma once

#include "tests/simulator/machine_state.hpp"

namespace icom::simulator {

/// Leaf positions after `steps` steps of motion; every leaf stands elsewhere than one step before,
/// no pair ever crosses, and no leaf moves more than 0.3 cm a step (1.2 cm/s at 4 frames a second,
/// within a real leaf's speed). `aperture` tells one beam's shape from another's. Precondition:
/// steps >= 0.
Leaves leaves_after(int steps, std::uint32_t aperture);

/// How far from the field's centre the pairs that open reach, in millimetres along Y. All others
/// keep the smallest gap.
int half_height_of(std::uint32_t aperture);

/// The way from one shape to another, `done` of `whole` parts gone. Precondition: 0 <= done <=
/// whole, whole > 0.
Leaves between(const Leaves& from, const Leaves& to, int done, int whole);

}  // namespace icom::simulator
