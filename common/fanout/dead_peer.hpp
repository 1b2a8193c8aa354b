// A peer that vanishes without a word.
#pragma once

namespace icom::fanout {

/// Has the kernel end this TCP connection half a minute after its peer has last answered, also
/// while nothing is sent. Where the kernel refuses, the connection stays as it was.
void end_when_peer_is_dead(int connection);

}  // namespace icom::fanout
