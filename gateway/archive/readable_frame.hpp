// Whether a frame can be read as a moment of a delivery.
#pragma once

#include "common/icom/bytes.hpp"

namespace icom::archive {

/// True if the frame says what PyMedPhys reads from each frame of a delivery: Delivery MU, gantry,
/// collimator, 160 leaf and 2 jaw positions, all as numbers. A record with a frame that does not
/// goes to `unknown_error_in_record`.
bool reads_as_delivery(Bytes frame);

}  // namespace icom::archive
