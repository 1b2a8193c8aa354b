// A peer that vanishes without a word.
#pragma once

#include <chrono>

#include "common/os/handle.hpp"

namespace icom::os {

/// Has the kernel end this TCP connection half a minute after its peer has last answered, while
/// nothing is sent, and `unanswered` after it should have answered what was. Where the kernel
/// refuses, the connection stays as it was.
void end_when_peer_is_dead(NativeSocket connection,
                           std::chrono::milliseconds unanswered = std::chrono::seconds(30));

}  // namespace icom::os
