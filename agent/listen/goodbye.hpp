// The end of a Linac's connection, said by somebody who is not its reader: that one has crashed, or
// is gone. docs/agent.md, "Conduct towards the Linac".
#pragma once

#include <chrono>

namespace icom::listen {

/// For the Linac to answer our FIN. Whatever is unread when the kernel closes the connection would
/// make that a reset.
inline constexpr std::chrono::milliseconds kGoodbye{1'000};

/// All of these take a connection's descriptor, never wait, and may be called in a signal handler.

/// FIN to the Linac, whoever else holds the connection.
void say_fin(int connection);
/// Reads what has come, and throws it away. True: the Linac has closed as well, or the connection
/// is gone; otherwise there may be more when it is readable again.
bool read_to_end(int connection);
/// After say_fin(): has the kernel send the FIN again and again, for at least so long, to a Linac
/// whose line is dead.
void repeat_fin_for(int connection, std::chrono::milliseconds time);
/// Whether the Linac's kernel has our FIN.
bool fin_has_arrived(int connection);
/// Whether somebody may go on reading: no FIN was said on it, and it was not reset.
bool can_go_on(int connection);
bool is_ipv6(int connection);
/// Whether both are descriptors of one connection, be they another process's copies.
bool same_connection(int one, int other);

}  // namespace icom::listen
