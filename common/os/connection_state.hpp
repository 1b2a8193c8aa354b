// How a TCP connection stands, and its end, said by whoever holds it.
#pragma once

#include <chrono>

#include "common/os/handle.hpp"

namespace icom::os {

// None of these waits, and all may be called in a handler of a crash.

/// FIN to the peer, whoever else holds the connection.
void say_fin(NativeSocket connection);
/// Reads what has come, and throws it away. True: the peer has closed as well, or the connection is
/// gone; otherwise there may be more when it is readable again.
bool read_to_end(NativeSocket connection);
/// After say_fin(): has the kernel send the FIN again and again, for at least so long, to a peer
/// whose line is dead.
void repeat_fin_for(NativeSocket connection, std::chrono::milliseconds time);
/// Whether the peer's kernel has our FIN.
bool fin_has_arrived(NativeSocket connection);
/// Whether somebody may go on reading: no FIN was said on it, and it was not reset.
bool can_go_on(NativeSocket connection);
bool is_ipv6(NativeSocket connection);
/// Whether both are of one connection, be they another process's copies.
bool same_connection(NativeSocket one, NativeSocket other);

}  // namespace icom::os
