// A byte and an open connection through a socket between two processes of one machine.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "common/os/handle.hpp"

namespace icom::os {

/// Neither waits. False where the peer is gone, or the socket is not ready. What is received closes
/// on exec, and is invalid where none came; kNoSocket: none is sent.
bool send_descriptor(NativeSocket socket, std::byte with, NativeSocket descriptor);
bool receive_descriptor(NativeSocket socket, std::byte& with, Connection& descriptor);
/// As receive_descriptor(), but waits for so long if nothing has come.
bool await_descriptor(NativeSocket socket, std::byte& with, Connection& descriptor,
                      std::chrono::milliseconds within);

/// Two ends of one socket, both closing on exec. Throws std::system_error.
std::array<Connection, 2> descriptor_channel();

}  // namespace icom::os
