// Whether PyMedPhys can read a frame as a moment of a delivery, and its time from a file's name.
#pragma once

#include <cstdint>

#include "common/icom/bytes.hpp"

namespace icom::archive {

/// True if PyMedPhys' reader finds what it takes from each frame of a delivery: Delivery MU,
/// gantry, collimator, 160 leaf and 2 jaw positions, all as numbers. It searches patterns and does
/// not walk items, so this follows its patterns, and not what values_of() reads: `0.00E+00` is no
/// number to it, and a date in a text begins another frame. A record with a frame that it cannot
/// read goes to `unknown_error_in_record`, as its own listener would put it.
bool reads_as_delivery(Bytes frame);

/// True if PyMedPhys can take this second (of linac_seconds()) from a file's name: it counts
/// nanoseconds in 64 bits, so from 1678 to 2261. A file of another one would keep it from listing
/// any of the patient's.
bool reads_as_time(std::int64_t seconds);

}  // namespace icom::archive
