// The end of a Linac's connection, said by somebody who is not its reader: that one has crashed, or
// is gone. docs/agent.md, "Conduct towards the Linac".
#pragma once

#include <chrono>

#include "common/os/connection_state.hpp"

namespace icom::listen {

/// For the Linac to answer our FIN. Whatever is unread when the kernel closes the connection would
/// make that a reset.
inline constexpr std::chrono::milliseconds kGoodbye{1'000};

using os::can_go_on;
using os::fin_has_arrived;
using os::is_ipv6;
using os::read_to_end;
using os::repeat_fin_for;
using os::same_connection;
using os::say_fin;

}  // namespace icom::listen
