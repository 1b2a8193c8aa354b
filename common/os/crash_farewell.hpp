// A FIN for the peer also when this process crashes.
#pragma once

#include <chrono>

#include "common/os/handle.hpp"

namespace icom::os {

/// Once a program, before there are threads: a signal that ends a process for a defect of its own
/// (segmentation fault, abort, …) first says goodbye on the connection that is set, and then ends
/// it as it would have. `patience`: for the peer to answer with its own FIN.
void prepare_crash_farewell(std::chrono::milliseconds patience);

/// The one connection to say goodbye on, or kNoSocket. `keeper`: the socket of whoever keeps it, or
/// kNoSocket; as long as that one lives nothing is said, and the connection outlives us. From any
/// thread.
void set_crash_farewell(NativeSocket connection, NativeSocket keeper = kNoSocket);

}  // namespace icom::os
