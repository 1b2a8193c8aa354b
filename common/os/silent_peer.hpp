// Whether the machine at the other end of a silent TCP connection is still there.
#pragma once

#include <chrono>

#include "common/os/handle.hpp"

namespace icom::os {

/// Has the kernel ask the peer's kernel (TCP keepalive: a segment without a byte, which no program
/// sees) once nothing has come for `after`, and each `after` from then on; in whole seconds, at
/// least one. The kernel ends the connection itself only long after peer_answered() has told, since
/// it would do that by a reset.
void ask_silent_peer(NativeSocket connection, std::chrono::milliseconds after);
/// Whether anything, an answer to such a question included, came within `time`. False where the
/// kernel does not tell.
bool peer_answered(NativeSocket connection, std::chrono::milliseconds time);
/// Since the last bytes came, read or not; since the connection was made if none did. Whoever had
/// the connection before. 0 where the kernel does not tell.
std::chrono::milliseconds silent_for(NativeSocket connection);

}  // namespace icom::os
