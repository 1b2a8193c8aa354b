// A peer that vanishes without a word.
#pragma once

#include "common/os/handle.hpp"

namespace icom::os {

/// Has the kernel end this TCP connection half a minute after its peer has last answered, also
/// while nothing is sent. Where the kernel refuses, the connection stays as it was.
void end_when_peer_is_dead(NativeSocket connection);

}  // namespace icom::os
