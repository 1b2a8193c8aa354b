// The people, and the things, that a Linac is told it treats. All invented.
#pragma once

#include <string>

#include "tests/simulator/random.hpp"

namespace icom::simulator {

struct Patient {
  std::string name;
  std::string id;
};

/// Names as hospitals write them: commas, apostrophes, hyphens, dots; every eighth ID or so has ten
/// characters, whose length byte is `\n` on the wire. `ordinal` makes the ID unique within a day.
Patient make_patient(Random& random, int ordinal);

/// Service mode: `QA`, `WLutz` and the like.
Patient make_pseudo_patient(Random& random);

/// Names and IDs that try a reader: path separators, `..`, NUL, UTF-8, Latin-1, 300 characters,
/// nothing at all. They come in turn, so that the first kHostilePatients visits show every one.
inline constexpr int kHostilePatients = 12;
Patient make_hostile_patient(int ordinal);

}  // namespace icom::simulator
